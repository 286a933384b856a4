-- TIMESTAMP
SELECT `requests`.`model`, NULL AS `undecided`, count(*) AS `count_1`, count(`requests`.`moment`) AS `count_2`, unix_micros(min(`requests`.`moment`)) AS `unix_micros_1`, unix_micros(max(`requests`.`moment`)) AS `unix_micros_2`
FROM (SELECT `calls`.`model` AS `model`, `calls`.`timestamp` AS `moment`, NULL AS `undecided`
FROM `calls`
WHERE `calls`.`model` IS NOT NULL AND `calls`.`model` != %(param_1:STRING)s AND `calls`.`tenant_id` = %(param_2:STRING)s AND (`calls`.`timestamp` >= TIMESTAMP '2026-02-11 00:00:00.000001+00:00' AND `calls`.`timestamp` <= TIMESTAMP '2026-03-13 00:00:00.000000+00:00' OR `calls`.`timestamp` IS NULL)) AS `requests` GROUP BY `requests`.`model`
 LIMIT %(param_3:INT64)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- DATETIME
SELECT `requests`.`model`, NULL AS `undecided`, count(*) AS `count_1`, count(`requests`.`moment`) AS `count_2`, unix_micros(timestamp(min(`requests`.`moment`))) AS `unix_micros_1`, unix_micros(timestamp(max(`requests`.`moment`))) AS `unix_micros_2`
FROM (SELECT `calls`.`model` AS `model`, `calls`.`timestamp` AS `moment`, NULL AS `undecided`
FROM `calls`
WHERE `calls`.`model` IS NOT NULL AND `calls`.`model` != %(param_1:STRING)s AND `calls`.`tenant_id` = %(param_2:STRING)s AND (`calls`.`timestamp` >= DATETIME '2026-02-11 00:00:00.000001' AND `calls`.`timestamp` <= DATETIME '2026-03-13 00:00:00.000000' OR `calls`.`timestamp` IS NULL)) AS `requests` GROUP BY `requests`.`model`
 LIMIT %(param_3:INT64)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- STRING
SELECT `requests`.`model`, `requests`.`undecided`, count(*) AS `count_1`, count(`requests`.`moment`) AS `count_2`, min(`requests`.`moment`) AS `min_1`, max(`requests`.`moment`) AS `max_1`
FROM (SELECT `calls`.`model` AS `model`, CASE WHEN regexp_contains(`calls`.`timestamp`, %(param_1:STRING)s) THEN replace(replace(replace(`calls`.`timestamp`, %(replace_1:STRING)s, %(replace_2:STRING)s), %(replace_3:STRING)s, %(replace_4:STRING)s), %(replace_5:STRING)s, %(replace_6:STRING)s) ELSE NULL END AS `moment`, CASE WHEN regexp_contains(`calls`.`timestamp`, %(param_1:STRING)s) THEN NULL ELSE `calls`.`timestamp` END AS `undecided`
FROM `calls`
WHERE `calls`.`model` IS NOT NULL AND `calls`.`model` != %(param_2:STRING)s AND `calls`.`tenant_id` = %(param_3:STRING)s AND (regexp_contains(`calls`.`timestamp`, %(param_1:STRING)s) AND replace(replace(replace(`calls`.`timestamp`, %(replace_1:STRING)s, %(replace_2:STRING)s), %(replace_3:STRING)s, %(replace_4:STRING)s), %(replace_5:STRING)s, %(replace_6:STRING)s) >= %(param_4:STRING)s AND replace(replace(replace(`calls`.`timestamp`, %(replace_1:STRING)s, %(replace_2:STRING)s), %(replace_3:STRING)s, %(replace_4:STRING)s), %(replace_5:STRING)s, %(replace_6:STRING)s) < %(param_5:STRING)s OR NOT regexp_contains(`calls`.`timestamp`, %(param_1:STRING)s) AND (`calls`.`timestamp` >= %(param_6:STRING)s AND `calls`.`timestamp` < %(param_7:STRING)s OR NOT regexp_contains(`calls`.`timestamp`, %(param_8:STRING)s)) OR `calls`.`timestamp` IS NULL)) AS `requests` GROUP BY `requests`.`model`, `requests`.`undecided`
-- param_1 = '^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+]00:00)?$'
-- replace_1 = ' '
-- replace_2 = 'T'
-- replace_3 = 'Z'
-- replace_4 = ''
-- replace_5 = '+00:00'
-- replace_6 = ''
-- param_2 = ''
-- param_3 = 'org_abc'
-- param_4 = '2026-02-11T00:00:00.000001'
-- param_5 = '2026-03-13T00:00:00.000001'
-- param_6 = '2026-02-10'
-- param_7 = '2026-03-15'
-- param_8 = '^[0-9]{4}-[0-9]{2}-[0-9]{2}'

-- INT64
SELECT `requests`.`model`, NULL AS `undecided`, count(*) AS `count_1`, count(`requests`.`moment`) AS `count_2`, min(`requests`.`moment`) AS `min_1`, max(`requests`.`moment`) AS `max_1`
FROM (SELECT `calls`.`model` AS `model`, `calls`.`timestamp` AS `moment`, NULL AS `undecided`
FROM `calls`
WHERE `calls`.`model` IS NOT NULL AND `calls`.`model` != %(param_1:STRING)s AND `calls`.`tenant_id` = %(param_2:STRING)s AND (`calls`.`timestamp` >= %(param_3:INT64)s AND `calls`.`timestamp` <= %(param_4:INT64)s OR `calls`.`timestamp` IS NULL)) AS `requests` GROUP BY `requests`.`model`
 LIMIT %(param_5:INT64)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 1770768000001
-- param_4 = 1773360000000
-- param_5 = 100100

-- NUMERIC
SELECT `requests`.`model`, NULL AS `undecided`, count(*) AS `count_1`, count(`requests`.`moment`) AS `count_2`, min(`requests`.`moment`) AS `min_1`, max(`requests`.`moment`) AS `max_1`
FROM (SELECT `calls`.`model` AS `model`, `calls`.`timestamp` AS `moment`, NULL AS `undecided`
FROM `calls`
WHERE `calls`.`model` IS NOT NULL AND `calls`.`model` != %(param_1:STRING)s AND `calls`.`tenant_id` = %(param_2:STRING)s AND (`calls`.`timestamp` >= %(param_3:NUMERIC)s AND `calls`.`timestamp` < %(param_4:NUMERIC)s OR `calls`.`timestamp` IS NULL)) AS `requests` GROUP BY `requests`.`model`
 LIMIT %(param_5:INT64)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = Decimal('1770768000000.001')
-- param_4 = Decimal('1773360000000.001')
-- param_5 = 100100
