-- timestamp(6) with time zone
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, CAST(at_timezone(min(requests.moment), ?) AS VARCHAR) AS at_timezone_1, CAST(at_timezone(max(requests.moment), ?) AS VARCHAR) AS at_timezone_2
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != ? AND calls.tenant_id = ? AND (calls.timestamp >= TIMESTAMP '2026-02-11 00:00:00.000001 UTC' AND calls.timestamp <= TIMESTAMP '2026-03-13 00:00:00.000000 UTC' OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
LIMIT ?
-- param_1 = 'UTC'
-- param_2 = 'UTC'
-- param_3 = ''
-- param_4 = 'org_abc'
-- param_5 = 100100

-- timestamp(6)
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, CAST(min(requests.moment) AS VARCHAR) AS min_1, CAST(max(requests.moment) AS VARCHAR) AS max_1
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != ? AND calls.tenant_id = ? AND (calls.timestamp >= TIMESTAMP '2026-02-11 00:00:00.000001' AND calls.timestamp <= TIMESTAMP '2026-03-13 00:00:00.000000' OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
LIMIT ?
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 100100

-- varchar
SELECT requests.model, requests.undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, CASE WHEN regexp_like(calls.timestamp, ?) THEN replace(replace(replace(calls.timestamp, ?, ?), ?, ?), ?, ?) ELSE NULL END AS moment, CASE WHEN regexp_like(calls.timestamp, ?) THEN NULL ELSE calls.timestamp END AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != ? AND calls.tenant_id = ? AND (regexp_like(calls.timestamp, ?) AND replace(replace(replace(calls.timestamp, ?, ?), ?, ?), ?, ?) >= ? AND replace(replace(replace(calls.timestamp, ?, ?), ?, ?), ?, ?) < ? OR NOT regexp_like(calls.timestamp, ?) AND (calls.timestamp >= ? AND calls.timestamp < ? OR NOT regexp_like(calls.timestamp, ?)) OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model, requests.undecided
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

-- bigint
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != ? AND calls.tenant_id = ? AND (calls.timestamp >= ? AND calls.timestamp <= ? OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
LIMIT ?
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 1770768000001
-- param_4 = 1773360000000
-- param_5 = 100100

-- double
SELECT requests.model, NULL AS undecided, count(*) AS count_1, count(requests.moment) AS count_2, min(requests.moment) AS min_1, max(requests.moment) AS max_1
FROM (SELECT calls.model AS model, calls.timestamp AS moment, NULL AS undecided
FROM calls
WHERE calls.model IS NOT NULL AND calls.model != ? AND calls.tenant_id = ? AND (calls.timestamp >= ? AND calls.timestamp < ? OR calls.timestamp IS NULL)) AS requests GROUP BY requests.model
LIMIT ?
-- param_1 = ''
-- param_2 = 'org_abc'
-- param_3 = 1770768000000.001
-- param_4 = 1773360000000.001
-- param_5 = 100100
