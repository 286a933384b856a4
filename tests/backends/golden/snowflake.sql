-- TIMESTAMP_TZ
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, date_part(epoch_microsecond, min(requests.moment)) AS date_part_1, date_part(epoch_microsecond, max(requests.moment)) AS date_part_2
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != %(param_1)s AND calls.tenant_id = %(param_2)s AND (calls.timestamp >= '2026-02-11 00:00:00.000001+00:00'::TIMESTAMP_TZ AND calls.timestamp <= '2026-03-13 00:00:00.000000+00:00'::TIMESTAMP_TZ OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT %(param_3)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- TIMESTAMP_NTZ
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, date_part(epoch_microsecond, min(requests.moment)) AS date_part_1, date_part(epoch_microsecond, max(requests.moment)) AS date_part_2
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != %(param_1)s AND calls.tenant_id = %(param_2)s AND (calls.timestamp >= '2026-02-11 00:00:00.000001'::TIMESTAMP_NTZ AND calls.timestamp <= '2026-03-13 00:00:00.000000'::TIMESTAMP_NTZ OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT %(param_3)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- VARCHAR
SELECT requests.model, requests.undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, CASE WHEN (regexp_instr(calls.timestamp, %(param_1)s) > %(regexp_instr_1)s) THEN replace(replace(replace(calls.timestamp, %(replace_1)s, %(replace_2)s), %(replace_3)s, %(replace_4)s), %(replace_5)s, %(replace_6)s) ELSE NULL END AS moment, CASE WHEN (regexp_instr(calls.timestamp, %(param_1)s) > %(regexp_instr_1)s) THEN NULL ELSE calls.timestamp END AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != %(param_2)s AND calls.tenant_id = %(param_3)s AND (regexp_instr(calls.timestamp, %(param_1)s) > %(regexp_instr_1)s AND replace(replace(replace(calls.timestamp, %(replace_1)s, %(replace_2)s), %(replace_3)s, %(replace_4)s), %(replace_5)s, %(replace_6)s) >= %(param_4)s AND replace(replace(replace(calls.timestamp, %(replace_1)s, %(replace_2)s), %(replace_3)s, %(replace_4)s), %(replace_5)s, %(replace_6)s) < %(param_5)s OR regexp_instr(calls.timestamp, %(param_1)s) <= %(regexp_instr_1)s AND (calls.timestamp >= %(param_6)s AND calls.timestamp < %(param_7)s OR regexp_instr(calls.timestamp, %(param_8)s) <= %(regexp_instr_2)s) OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model, requests.undecided
-- param_1 = '^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+]00:00)?$'
-- regexp_instr_1 = 0
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
-- regexp_instr_2 = 0

-- NUMBER
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != %(param_1)s AND calls.tenant_id = %(param_2)s AND (calls.timestamp >= %(param_3)s AND calls.timestamp < %(param_4)s OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT %(param_5)s
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = Decimal('1770768000000.001')
-- param_4 = Decimal('1773360000000.001')
-- param_5 = 100100
