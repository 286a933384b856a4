-- TIMESTAMPTZ
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, epoch_us(min(requests.moment)) AS epoch_us_1, epoch_us(max(requests.moment)) AS epoch_us_2
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != $1 AND calls.tenant_id = $2 AND (calls.timestamp >= TIMESTAMPTZ '2026-02-11 00:00:00.000001+00:00' AND calls.timestamp <= TIMESTAMPTZ '2026-03-13 00:00:00.000000+00:00' OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT $3
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- TIMESTAMP
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, epoch_us(min(requests.moment)) AS epoch_us_1, epoch_us(max(requests.moment)) AS epoch_us_2
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != $1 AND calls.tenant_id = $2 AND (calls.timestamp >= TIMESTAMP '2026-02-11 00:00:00.000001' AND calls.timestamp <= TIMESTAMP '2026-03-13 00:00:00.000000' OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT $3
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- VARCHAR
SELECT requests.model, requests.undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, CASE WHEN regexp_matches(calls.timestamp, $1) THEN replace(replace(replace(calls.timestamp, $2, $3), $4, $5), $6, $7) ELSE NULL END AS moment, CASE WHEN regexp_matches(calls.timestamp, $1) THEN NULL ELSE calls.timestamp END AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != $8 AND calls.tenant_id = $9 AND (regexp_matches(calls.timestamp, $1) AND replace(replace(replace(calls.timestamp, $2, $3), $4, $5), $6, $7) >= $10 AND replace(replace(replace(calls.timestamp, $2, $3), $4, $5), $6, $7) < $11 OR NOT regexp_matches(calls.timestamp, $1) AND (calls.timestamp >= $12 AND calls.timestamp < $13 OR NOT regexp_matches(calls.timestamp, $14)) OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model, requests.undecided
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

-- BIGINT
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != $1 AND calls.tenant_id = $2 AND (calls.timestamp >= $3 AND calls.timestamp <= $4 OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
 LIMIT $5
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 1770768000001
-- param_4 = 1773360000000
-- param_5 = 100100
