-- account: store
UPDATE account_snapshot, (
SELECT head.id AS id, head.seq AS seq, CASE WHEN ((
SELECT tail.seq
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance END, 0) + coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0) AS balance, coalesce(CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END) AS moves, greatest(coalesce(CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END)), coalesce((
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END), CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.best END)) AS best, coalesce(CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.mean END, 0)
    + coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0) AS mean, coalesce(CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.osiris_count_mean END, 0) + (
SELECT count(tail.mean) AS count_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END) AS osiris_count_mean
FROM account_snapshot AS head
WHERE head.id IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR head.osiris_fingerprint !=
    9040296020539021685) AND head.seq > head.osiris_origin) AS snapshot
SET account_snapshot.osiris_folded=snapshot.seq, account_snapshot.osiris_fingerprint=9040296020539021685,
    account_snapshot.name=snapshot.name, account_snapshot.balance=snapshot.balance,
    account_snapshot.moves=snapshot.moves, account_snapshot.best=snapshot.best, account_snapshot.mean=snapshot.mean,
    account_snapshot.osiris_count_mean=snapshot.osiris_count_mean
WHERE account_snapshot.id = snapshot.id AND account_snapshot.seq = snapshot.seq
-- binds: keys String(length=20)

-- account: verify
SELECT anon_1.id, anon_1.name, anon_1.balance, anon_1.moves, anon_1.best, anon_1.mean, anon_2.name AS name_1,
    anon_2.balance AS balance_1, anon_2.moves AS moves_1, anon_2.best AS best_1, anon_2.mean AS mean_1
FROM (
SELECT head.id AS id, CASE WHEN ((
SELECT tail.seq
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.balance END, 0) + coalesce((
SELECT sum(tail.balance) AS sum_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS balance, coalesce(CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq) AS moves, greatest(coalesce(CASE WHEN
    (head.osiris_fingerprint = 9040296020539021685) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT max(tail.best) AS max_1
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.best END)) AS best, CAST(coalesce(CASE WHEN (head.osiris_fingerprint =
    9040296020539021685) THEN head.mean END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_3
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE) /
    CAST(nullif(coalesce(CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN head.osiris_count_mean END, 0)
    + (
SELECT count(tail.mean) AS count_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 9040296020539021685) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE) AS mean
FROM (
SELECT account_snapshot.id AS id, account_snapshot.osiris_folded AS seq, account_snapshot.osiris_origin AS
    osiris_origin, account_snapshot.osiris_folded AS osiris_folded, account_snapshot.osiris_fingerprint AS
    osiris_fingerprint, account_snapshot.name AS name, account_snapshot.balance AS balance, account_snapshot.moves AS
    moves, account_snapshot.best AS best, account_snapshot.mean AS mean, account_snapshot.osiris_count_mean AS
    osiris_count_mean
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys]) AND account_snapshot.osiris_folded >
    account_snapshot.osiris_origin AND account_snapshot.osiris_fingerprint = 9040296020539021685) AS head) AS anon_1
    INNER
JOIN (
SELECT head.id AS id, (
SELECT tail.name
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) AS name, coalesce((
SELECT sum(tail.balance) AS sum_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS balance, (
SELECT count(tail.moves) AS count_3
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq) AS moves, (
SELECT max(tail.best) AS max_2
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq) AS best, CAST(coalesce((
SELECT CASE WHEN (sum(tail.mean) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.mean) AS
    SIGNED INTEGER) WHEN (sum(tail.mean) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.mean))) AS
    SIGNED INTEGER) END AS anon_4
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS DOUBLE) / CAST(nullif((
SELECT count(tail.mean) AS count_4
FROM account_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS DOUBLE) AS mean
FROM (
SELECT account_snapshot.id AS id, account_snapshot.osiris_folded AS seq, account_snapshot.osiris_origin AS
    osiris_origin, account_snapshot.osiris_folded AS osiris_folded, account_snapshot.osiris_fingerprint AS
    osiris_fingerprint, account_snapshot.name AS name, account_snapshot.balance AS balance, account_snapshot.moves AS
    moves, account_snapshot.best AS best, account_snapshot.mean AS mean, account_snapshot.osiris_count_mean AS
    osiris_count_mean
FROM account_snapshot
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys]) AND account_snapshot.osiris_folded >
    account_snapshot.osiris_origin AND account_snapshot.osiris_fingerprint = 9040296020539021685) AS head) AS anon_2
    ON anon_1.id = anon_2.id
-- binds: keys String(length=20), keys String(length=20)

-- account: count
SELECT account_snapshot.id, account_snapshot.seq, coalesce(counted.osiris_count, 0) AS coalesce_1,
    counted.osiris_least, counted.osiris_greatest
FROM account_snapshot
LEFT OUTER
JOIN (
SELECT account_event.id AS id, count(*) AS osiris_count, min(account_event.seq) AS osiris_least,
    max(account_event.seq) AS osiris_greatest
FROM account_event
WHERE account_event.id IN (__[POSTCOMPILE_keys]) AND account_event.seq > 0
GROUP BY account_event.id) AS counted ON account_snapshot.id = counted.id
WHERE account_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys String(length=20), keys String(length=20)

-- account: due, first page
SELECT account_snapshot.id
FROM account_snapshot
WHERE (account_snapshot.seq - account_snapshot.osiris_folded > 0 OR account_snapshot.osiris_fingerprint !=
    9040296020539021685) AND account_snapshot.seq > account_snapshot.osiris_origin
ORDER BY account_snapshot.id

-- account: all, first page
SELECT account_snapshot.id
FROM account_snapshot
WHERE true = 1
ORDER BY account_snapshot.id

-- account: due, next page
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.id > :after0 AND (account_snapshot.seq - account_snapshot.osiris_folded > 0 OR
    account_snapshot.osiris_fingerprint != 9040296020539021685) AND account_snapshot.seq >
    account_snapshot.osiris_origin
ORDER BY account_snapshot.id
-- binds: after0 String(length=20)

-- account: all, next page
SELECT account_snapshot.id
FROM account_snapshot
WHERE account_snapshot.id > :after0
ORDER BY account_snapshot.id
-- binds: after0 String(length=20)

-- account: tail length
SELECT account_snapshot.seq - CASE WHEN (account_snapshot.osiris_fingerprint = 9040296020539021685) THEN
    account_snapshot.osiris_folded ELSE account_snapshot.osiris_origin END AS anon_1
FROM account_snapshot

-- item: store
UPDATE item_snapshot, (
SELECT head.id AS id, head.seq AS seq, CASE WHEN ((
SELECT tail.seq
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0) AS stock, coalesce(CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END) AS moves, greatest(coalesce(CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END)), coalesce((
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END), CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.best END)) AS best, coalesce(CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.first END, (
SELECT tail.first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1)) AS first
FROM item_snapshot AS head
WHERE head.id IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR head.osiris_fingerprint !=
    6972388170373529526) AND head.seq > head.osiris_origin) AS snapshot
SET item_snapshot.osiris_folded=snapshot.seq, item_snapshot.osiris_fingerprint=6972388170373529526,
    item_snapshot.name=snapshot.name, item_snapshot.stock=snapshot.stock, item_snapshot.moves=snapshot.moves,
    item_snapshot.best=snapshot.best, item_snapshot.first=snapshot.first
WHERE item_snapshot.id = snapshot.id AND item_snapshot.seq = snapshot.seq
-- binds: keys Integer()

-- item: verify
SELECT anon_1.id, anon_1.name, anon_1.stock, anon_1.moves, anon_1.best, anon_1.first, anon_2.name AS name_1,
    anon_2.stock AS stock_1, anon_2.moves AS moves_1, anon_2.best AS best_1, anon_2.first AS first_1
FROM (
SELECT head.id AS id, CASE WHEN ((
SELECT tail.seq
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 6972388170373529526) THEN head.stock END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_3
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS stock, coalesce(CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.moves END, 0) + (
SELECT count(tail.moves) AS count_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq) AS moves, greatest(coalesce(CASE WHEN
    (head.osiris_fingerprint = 6972388170373529526) THEN head.best END, (
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT max(tail.best) AS max_1
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.best END)) AS best, coalesce(CASE WHEN (head.osiris_fingerprint =
    6972388170373529526) THEN head.first END, (
SELECT tail.first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6972388170373529526) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1)) AS first
FROM (
SELECT item_snapshot.id AS id, item_snapshot.osiris_folded AS seq, item_snapshot.osiris_origin AS osiris_origin,
    item_snapshot.osiris_folded AS osiris_folded, item_snapshot.osiris_fingerprint AS osiris_fingerprint,
    item_snapshot.name AS name, item_snapshot.stock AS stock, item_snapshot.moves AS moves, item_snapshot.best AS
    best, item_snapshot.first AS first
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys]) AND item_snapshot.osiris_folded > item_snapshot.osiris_origin AND
    item_snapshot.osiris_fingerprint = 6972388170373529526) AS head) AS anon_1 INNER
JOIN (
SELECT head.id AS id, (
SELECT tail.name
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) AS name, coalesce((
SELECT CASE WHEN (sum(tail.stock) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.stock) AS
    SIGNED INTEGER) WHEN (sum(tail.stock) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.stock))) AS
    SIGNED INTEGER) END AS anon_4
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS stock, (
SELECT count(tail.moves) AS count_2
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq) AS moves, (
SELECT max(tail.best) AS max_2
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq) AS best, (
SELECT tail.first
FROM item_event AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1) AS first
FROM (
SELECT item_snapshot.id AS id, item_snapshot.osiris_folded AS seq, item_snapshot.osiris_origin AS osiris_origin,
    item_snapshot.osiris_folded AS osiris_folded, item_snapshot.osiris_fingerprint AS osiris_fingerprint,
    item_snapshot.name AS name, item_snapshot.stock AS stock, item_snapshot.moves AS moves, item_snapshot.best AS
    best, item_snapshot.first AS first
FROM item_snapshot
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys]) AND item_snapshot.osiris_folded > item_snapshot.osiris_origin AND
    item_snapshot.osiris_fingerprint = 6972388170373529526) AS head) AS anon_2 ON anon_1.id = anon_2.id
-- binds: keys Integer(), keys Integer()

-- item: count
SELECT item_snapshot.id, item_snapshot.seq, coalesce(counted.osiris_count, 0) AS coalesce_1, counted.osiris_least,
    counted.osiris_greatest
FROM item_snapshot
LEFT OUTER
JOIN (
SELECT item_event.id AS id, count(*) AS osiris_count, min(item_event.seq) AS osiris_least, max(item_event.seq) AS
    osiris_greatest
FROM item_event
WHERE item_event.id IN (__[POSTCOMPILE_keys]) AND item_event.seq > 0
GROUP BY item_event.id) AS counted ON item_snapshot.id = counted.id
WHERE item_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer(), keys Integer()

-- item: due, first page
SELECT item_snapshot.id
FROM item_snapshot
WHERE (item_snapshot.seq - item_snapshot.osiris_folded > 0 OR item_snapshot.osiris_fingerprint != 6972388170373529526)
    AND item_snapshot.seq > item_snapshot.osiris_origin
ORDER BY item_snapshot.id

-- item: all, first page
SELECT item_snapshot.id
FROM item_snapshot
WHERE true = 1
ORDER BY item_snapshot.id

-- item: due, next page
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.id > :after0 AND (item_snapshot.seq - item_snapshot.osiris_folded > 0 OR
    item_snapshot.osiris_fingerprint != 6972388170373529526) AND item_snapshot.seq > item_snapshot.osiris_origin
ORDER BY item_snapshot.id
-- binds: after0 Integer()

-- item: all, next page
SELECT item_snapshot.id
FROM item_snapshot
WHERE item_snapshot.id > :after0
ORDER BY item_snapshot.id
-- binds: after0 Integer()

-- item: tail length
SELECT item_snapshot.seq - CASE WHEN (item_snapshot.osiris_fingerprint = 6972388170373529526) THEN
    item_snapshot.osiris_folded ELSE item_snapshot.osiris_origin END AS anon_1
FROM item_snapshot

-- employee: store what Python folded
UPDATE employee_snapshot
SET osiris_folded=:at, osiris_fingerprint=3374913928670114850, name=:f0, tags=:f1, osiris_state_tags=:s0, colours=:f2,
    osiris_state_colours=:s1, salary=:f3
WHERE employee_snapshot.company = :k0 AND employee_snapshot.number = :k1 AND employee_snapshot.seq = :at
-- binds: at BigInteger(), f0 String(), f1 AccumulatorText(Append()), s0 JSON(none_as_null=True), f2
--   AccumulatorText(Distinct()), s1 BigInteger(), f3 Float(), k0 String(length=20), k1 Integer(), at BigInteger()

-- employee: folds
SELECT head.company, head.number, head.seq, CASE WHEN (coalesce((
SELECT tail.seq
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), (
SELECT archived.seq
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',name,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1
FOR SHARE) ELSE (
SELECT tail.name
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1
FOR SHARE) END ELSE CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name END END AS name,
    coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.tags END,
    'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.tags IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.tags IS NOT NULL
FOR SHARE), ']'), '[null,null,-1]') AS tags, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.colours END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_3
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.colours IS NOT NULL
FOR SHARE), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.colours IS NOT NULL
FOR SHARE), ']'), '[null,null,-1]') AS colours, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.salary END, 0) + coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived FORCE INDEX (PRIMARY)
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), 0) AS salary
FROM employee_snapshot AS head
WHERE (head.company, head.number) IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR
    head.osiris_fingerprint != 3374913928670114850) AND head.seq > head.osiris_origin
FOR SHARE
-- binds: keys TupleType(String(length=20), Integer())

-- employee: verify
SELECT anon_1.company, anon_1.number, anon_1.name, anon_1.tags, anon_1.colours, anon_1.salary,
    anon_1.osiris_state_tags, anon_1.osiris_state_colours, anon_2.name AS name_1, anon_2.tags AS tags_1,
    anon_2.colours AS colours_1, anon_2.salary AS salary_1
FROM (
SELECT head.company AS company, head.number AS number, CASE WHEN (coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.name
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.name END END AS name,
    coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 3374913928670114850) THEN head.tags END,
    'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.tags IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.tags IS
    NOT NULL), ']'), '[null,null,-1]') AS tags, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.colours END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_3
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq AND archived.colours IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_4
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.colours
    IS NOT NULL), ']'), '[null,null,-1]') AS colours, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.salary END, 0) + coalesce((
SELECT sum(archived.salary) AS sum_1
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > CASE WHEN
    (head.osiris_fingerprint = 3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND
    archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_2
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    3374913928670114850) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS salary,
    head.osiris_state_tags AS osiris_state_tags, head.osiris_state_colours AS osiris_state_colours
FROM (
SELECT employee_snapshot.company AS company, employee_snapshot.number AS number, employee_snapshot.osiris_folded AS
    seq, employee_snapshot.osiris_origin AS osiris_origin, employee_snapshot.osiris_folded AS osiris_folded,
    employee_snapshot.osiris_fingerprint AS osiris_fingerprint, employee_snapshot.name AS name, employee_snapshot.tags
    AS tags, employee_snapshot.colours AS colours, employee_snapshot.salary AS salary,
    employee_snapshot.osiris_state_tags AS osiris_state_tags, employee_snapshot.osiris_state_colours AS
    osiris_state_colours
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    employee_snapshot.osiris_folded > employee_snapshot.osiris_origin AND employee_snapshot.osiris_fingerprint =
    3374913928670114850) AS head) AS anon_1 INNER
JOIN (
SELECT head.company AS company, head.number AS number, CASE WHEN (coalesce((
SELECT archived.seq
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') >
    0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.name
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.seq <= head.seq AND (archived.name IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND
    instr(archived.osiris_cleared, ',name,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.name
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') >
    0)
ORDER BY tail.seq DESC
LIMIT 1) END AS name, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',', coalesce(json_quote(CAST(archived.tags
    AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_5
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.seq <= head.seq AND archived.tags IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.tags AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_6
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq AND tail.tags IS NOT NULL), ']'), '[null,null,-1]') AS tags, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', archived.seq, ',',
    coalesce(json_quote(CAST(archived.colours AS CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS
    concat_7
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.seq <= head.seq AND archived.colours IS NOT NULL), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.colours AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_8
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq AND tail.colours IS NOT NULL), ']'), '[null,null,-1]') AS colours, coalesce(coalesce((
SELECT sum(archived.salary) AS sum_3
FROM employee_event_archive AS archived
WHERE archived.company = head.company AND archived.number = head.number AND archived.seq > head.osiris_origin AND
    archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.salary) AS sum_4
FROM employee_event AS tail
WHERE tail.company = head.company AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq), 0) AS salary
FROM (
SELECT employee_snapshot.company AS company, employee_snapshot.number AS number, employee_snapshot.osiris_folded AS
    seq, employee_snapshot.osiris_origin AS osiris_origin, employee_snapshot.osiris_folded AS osiris_folded,
    employee_snapshot.osiris_fingerprint AS osiris_fingerprint, employee_snapshot.name AS name, employee_snapshot.tags
    AS tags, employee_snapshot.colours AS colours, employee_snapshot.salary AS salary
FROM employee_snapshot
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    employee_snapshot.osiris_folded > employee_snapshot.osiris_origin AND employee_snapshot.osiris_fingerprint =
    3374913928670114850) AS head) AS anon_2 ON anon_1.company = anon_2.company AND anon_1.number = anon_2.number
-- binds: keys TupleType(String(length=20), Integer()), keys TupleType(String(length=20), Integer())

-- employee: count
SELECT employee_snapshot.company, employee_snapshot.number, employee_snapshot.seq, coalesce(counted.osiris_count, 0)
    AS coalesce_1, counted.osiris_least, counted.osiris_greatest
FROM employee_snapshot
LEFT OUTER
JOIN (
SELECT log.company AS company, log.number AS number, count(*) AS osiris_count, min(log.seq) AS osiris_least,
    max(log.seq) AS osiris_greatest
FROM (
SELECT employee_event.company AS company, employee_event.number AS number, employee_event.seq AS seq,
    employee_event.position AS position, employee_event.osiris_xid AS osiris_xid, employee_event.recorded_at AS
    recorded_at, employee_event.name AS name, employee_event.tags AS tags, employee_event.colours AS colours,
    employee_event.salary AS salary, employee_event.osiris_cleared AS osiris_cleared, employee_event.event_id AS
    event_id, employee_event.event_type AS event_type, employee_event.event_meta AS event_meta
FROM employee_event
UNION ALL
SELECT employee_event_archive.company AS company, employee_event_archive.number AS number, employee_event_archive.seq
    AS seq, employee_event_archive.position AS position, employee_event_archive.osiris_xid AS osiris_xid,
    employee_event_archive.recorded_at AS recorded_at, employee_event_archive.name AS name,
    employee_event_archive.tags AS tags, employee_event_archive.colours AS colours, employee_event_archive.salary AS
    salary, employee_event_archive.osiris_cleared AS osiris_cleared, employee_event_archive.event_id AS event_id,
    employee_event_archive.event_type AS event_type, employee_event_archive.event_meta AS event_meta
FROM employee_event_archive) AS log
WHERE (log.company, log.number) IN (__[POSTCOMPILE_keys]) AND log.seq > 0
GROUP BY log.company, log.number) AS counted ON employee_snapshot.company = counted.company AND
    employee_snapshot.number = counted.number
WHERE (employee_snapshot.company, employee_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer()), keys TupleType(String(length=20), Integer())

-- employee: due, first page
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE (employee_snapshot.seq - employee_snapshot.osiris_folded > 0 OR employee_snapshot.osiris_fingerprint !=
    3374913928670114850) AND employee_snapshot.seq > employee_snapshot.osiris_origin
ORDER BY employee_snapshot.company, employee_snapshot.number

-- employee: all, first page
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE true = 1
ORDER BY employee_snapshot.company, employee_snapshot.number

-- employee: due, next page
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE (employee_snapshot.company > :after0 OR employee_snapshot.company = :after0 AND employee_snapshot.number >
    :after1) AND (employee_snapshot.seq - employee_snapshot.osiris_folded > 0 OR employee_snapshot.osiris_fingerprint
    != 3374913928670114850) AND employee_snapshot.seq > employee_snapshot.osiris_origin
ORDER BY employee_snapshot.company, employee_snapshot.number
-- binds: after0 String(length=20), after0 String(length=20), after1 Integer()

-- employee: all, next page
SELECT employee_snapshot.company, employee_snapshot.number
FROM employee_snapshot
WHERE employee_snapshot.company > :after0 OR employee_snapshot.company = :after0 AND employee_snapshot.number >
    :after1
ORDER BY employee_snapshot.company, employee_snapshot.number
-- binds: after0 String(length=20), after0 String(length=20), after1 Integer()

-- employee: tail length
SELECT employee_snapshot.seq - CASE WHEN (employee_snapshot.osiris_fingerprint = 3374913928670114850) THEN
    employee_snapshot.osiris_folded ELSE employee_snapshot.osiris_origin END AS anon_1
FROM employee_snapshot

-- invoice: store
UPDATE invoice_snapshot, (
SELECT head.id AS id, head.seq AS seq, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
    coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce((
SELECT sum(archived.total) AS sum_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), 0) AS total, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint
    = 5850422120975743139) THEN head.paid END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (archived.due IS NOT NULL OR archived.osiris_cleared IS NOT
    NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND (tail.due IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND
    instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due
FROM invoice_snapshot AS head
WHERE head.id IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR head.osiris_fingerprint !=
    5850422120975743139) AND head.seq > head.osiris_origin) AS snapshot
SET invoice_snapshot.osiris_folded=snapshot.seq, invoice_snapshot.osiris_fingerprint=5850422120975743139,
    invoice_snapshot.customer=snapshot.customer, invoice_snapshot.total=snapshot.total,
    invoice_snapshot.paid=snapshot.paid, invoice_snapshot.due=snapshot.due
WHERE invoice_snapshot.id = snapshot.id AND invoice_snapshot.seq = snapshot.seq
-- binds: keys Integer()

-- invoice: verify
SELECT anon_1.id, anon_1.customer, anon_1.total, anon_1.paid, anon_1.due, anon_2.customer AS customer_1, anon_2.total
    AS total_1, anon_2.paid AS paid_1, anon_2.due AS due_1
FROM (
SELECT head.id AS id, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND archived.customer IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.customer END END AS customer,
    coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.total END, 0) + coalesce((
SELECT sum(archived.total) AS sum_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS total, coalesce(coalesce(CASE WHEN
    (head.osiris_fingerprint = 5850422120975743139) THEN head.paid END, true) = 1 AND coalesce((
SELECT min(archived.paid) AS min_1
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), true) = 1, true) = 1 AND coalesce((
SELECT min(tail.paid) AS min_2
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), true) = 1 AS paid, CASE WHEN (coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND (archived.due IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 5850422120975743139) THEN head.due END END AS due
FROM (
SELECT invoice_snapshot.id AS id, invoice_snapshot.osiris_folded AS seq, invoice_snapshot.osiris_origin AS
    osiris_origin, invoice_snapshot.osiris_folded AS osiris_folded, invoice_snapshot.osiris_fingerprint AS
    osiris_fingerprint, invoice_snapshot.customer AS customer, invoice_snapshot.total AS total, invoice_snapshot.paid
    AS paid, invoice_snapshot.due AS due
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys]) AND invoice_snapshot.osiris_folded >
    invoice_snapshot.osiris_origin AND invoice_snapshot.osiris_fingerprint = 5850422120975743139) AS head) AS anon_1
    INNER
JOIN (
SELECT head.id AS id, CASE WHEN (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq AND archived.customer
    IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.customer
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq AND archived.customer
    IS NOT NULL
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.customer
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND tail.customer IS NOT NULL
ORDER BY tail.seq DESC
LIMIT 1) END AS customer, coalesce(coalesce((
SELECT sum(archived.total) AS sum_3
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq), 0), 0) + coalesce((
SELECT sum(tail.total) AS sum_4
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS total, coalesce(coalesce((
SELECT min(archived.paid) AS min_3
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq), true) = 1, true) = 1
    AND coalesce((
SELECT min(tail.paid) AS min_4
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), true) = 1 AS paid, CASE WHEN
    (coalesce((
SELECT archived.seq
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq AND (archived.due IS
    NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.due
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS archived
WHERE archived.id = head.id AND archived.seq > head.osiris_origin AND archived.seq <= head.seq AND (archived.due IS
    NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',due,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.due
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS tail
WHERE tail.id = head.id AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND (tail.due IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',due,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END AS due
FROM (
SELECT invoice_snapshot.id AS id, invoice_snapshot.osiris_folded AS seq, invoice_snapshot.osiris_origin AS
    osiris_origin, invoice_snapshot.osiris_folded AS osiris_folded, invoice_snapshot.osiris_fingerprint AS
    osiris_fingerprint, invoice_snapshot.customer AS customer, invoice_snapshot.total AS total, invoice_snapshot.paid
    AS paid, invoice_snapshot.due AS due
FROM invoice_snapshot
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys]) AND invoice_snapshot.osiris_folded >
    invoice_snapshot.osiris_origin AND invoice_snapshot.osiris_fingerprint = 5850422120975743139) AS head) AS anon_2
    ON anon_1.id = anon_2.id
-- binds: keys Integer(), keys Integer()

-- invoice: count
SELECT invoice_snapshot.id, invoice_snapshot.seq, coalesce(counted.osiris_count, 0) AS coalesce_1,
    counted.osiris_least, counted.osiris_greatest
FROM invoice_snapshot
LEFT OUTER
JOIN (
SELECT log.id AS id, count(*) AS osiris_count, min(log.seq) AS osiris_least, max(log.seq) AS osiris_greatest
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, invoice_event.due AS due, invoice_event.day AS day,
    invoice_event.osiris_cleared AS osiris_cleared, invoice_event.event_id AS event_id, invoice_event.event_type AS
    event_type, invoice_event.event_meta AS event_meta
FROM (
SELECT invoice_event.id AS id, invoice_event.seq AS seq, invoice_event.position AS position, invoice_event.osiris_xid
    AS osiris_xid, invoice_event.recorded_at AS recorded_at, invoice_event.customer AS customer, invoice_event.total
    AS total, invoice_event.paid AS paid, coalesce(invoice_event.due, CAST(invoice_event.day AS DATE)) AS due,
    invoice_event.day AS day, replace(invoice_event.osiris_cleared, ',day,', ',due,') AS osiris_cleared,
    invoice_event.event_id AS event_id, invoice_event.event_type AS event_type, invoice_event.event_meta AS event_meta
FROM invoice_event) AS invoice_event
UNION ALL
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, invoice_event_archive.due AS due, invoice_event_archive.day AS day, invoice_event_archive.osiris_cleared AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM (
SELECT invoice_event_archive.id AS id, invoice_event_archive.seq AS seq, invoice_event_archive.position AS position,
    invoice_event_archive.osiris_xid AS osiris_xid, invoice_event_archive.recorded_at AS recorded_at,
    invoice_event_archive.customer AS customer, invoice_event_archive.total AS total, invoice_event_archive.paid AS
    paid, coalesce(invoice_event_archive.due, CAST(invoice_event_archive.day AS DATE)) AS due,
    invoice_event_archive.day AS day, replace(invoice_event_archive.osiris_cleared, ',day,', ',due,') AS
    osiris_cleared, invoice_event_archive.event_id AS event_id, invoice_event_archive.event_type AS event_type,
    invoice_event_archive.event_meta AS event_meta
FROM invoice_event_archive) AS invoice_event_archive) AS log
WHERE log.id IN (__[POSTCOMPILE_keys]) AND log.seq > 0
GROUP BY log.id) AS counted ON invoice_snapshot.id = counted.id
WHERE invoice_snapshot.id IN (__[POSTCOMPILE_keys])
-- binds: keys Integer(), keys Integer()

-- invoice: due, first page
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE (invoice_snapshot.seq - invoice_snapshot.osiris_folded >= 5 OR invoice_snapshot.osiris_fingerprint !=
    5850422120975743139) AND invoice_snapshot.seq > invoice_snapshot.osiris_origin
ORDER BY invoice_snapshot.id

-- invoice: all, first page
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE true = 1
ORDER BY invoice_snapshot.id

-- invoice: due, next page
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.id > :after0 AND (invoice_snapshot.seq - invoice_snapshot.osiris_folded >= 5 OR
    invoice_snapshot.osiris_fingerprint != 5850422120975743139) AND invoice_snapshot.seq >
    invoice_snapshot.osiris_origin
ORDER BY invoice_snapshot.id
-- binds: after0 Integer()

-- invoice: all, next page
SELECT invoice_snapshot.id
FROM invoice_snapshot
WHERE invoice_snapshot.id > :after0
ORDER BY invoice_snapshot.id
-- binds: after0 Integer()

-- invoice: tail length
SELECT invoice_snapshot.seq - CASE WHEN (invoice_snapshot.osiris_fingerprint = 5850422120975743139) THEN
    invoice_snapshot.osiris_folded ELSE invoice_snapshot.osiris_origin END AS anon_1
FROM invoice_snapshot

-- patient: store
UPDATE ward.patient_snapshot, (
SELECT head.hospital AS hospital, head.number AS number, head.seq AS seq, CASE WHEN ((
SELECT tail.seq
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.name IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_1
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END), 0) AS visits
FROM ward.patient_snapshot AS head
WHERE (head.hospital, head.number) IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR
    head.osiris_fingerprint != 125089726352930075) AND head.seq > head.osiris_origin) AS snapshot
SET patient_snapshot.osiris_folded=snapshot.seq, patient_snapshot.osiris_fingerprint=125089726352930075,
    patient_snapshot.name=snapshot.name, patient_snapshot.visits=snapshot.visits
WHERE ward.patient_snapshot.hospital = snapshot.hospital AND ward.patient_snapshot.number = snapshot.number AND
    ward.patient_snapshot.seq = snapshot.seq
-- binds: keys TupleType(String(length=20), Integer())

-- patient: verify
SELECT anon_1.hospital, anon_1.number, anon_1.name, anon_1.visits, anon_2.name AS name_1, anon_2.visits AS visits_1
FROM (
SELECT head.hospital AS hospital, head.number AS number, CASE WHEN ((
SELECT tail.seq
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) IS NOT NULL) THEN (
SELECT tail.name
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.name IS
    NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) ELSE CASE WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.name END END AS name, coalesce(CASE
    WHEN (head.osiris_fingerprint = 125089726352930075) THEN head.visits END, 0) + coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_3
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    125089726352930075) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS visits
FROM (
SELECT ward.patient_snapshot.hospital AS hospital, ward.patient_snapshot.number AS number,
    ward.patient_snapshot.osiris_folded AS seq, ward.patient_snapshot.osiris_origin AS osiris_origin,
    ward.patient_snapshot.osiris_folded AS osiris_folded, ward.patient_snapshot.osiris_fingerprint AS
    osiris_fingerprint, ward.patient_snapshot.name AS name, ward.patient_snapshot.visits AS visits
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    ward.patient_snapshot.osiris_folded > ward.patient_snapshot.osiris_origin AND
    ward.patient_snapshot.osiris_fingerprint = 125089726352930075) AS head) AS anon_1 INNER
JOIN (
SELECT head.hospital AS hospital, head.number AS number, (
SELECT tail.name
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq AND (tail.name IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',name,') >
    0)
ORDER BY tail.seq DESC
LIMIT 1) AS name, coalesce((
SELECT CASE WHEN (sum(tail.visits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.visits) AS
    SIGNED INTEGER) WHEN (sum(tail.visits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.visits))) AS
    SIGNED INTEGER) END AS anon_4
FROM ward.patient_event AS tail
WHERE tail.hospital = head.hospital AND tail.number = head.number AND tail.seq > head.osiris_origin AND tail.seq <=
    head.seq), 0) AS visits
FROM (
SELECT ward.patient_snapshot.hospital AS hospital, ward.patient_snapshot.number AS number,
    ward.patient_snapshot.osiris_folded AS seq, ward.patient_snapshot.osiris_origin AS osiris_origin,
    ward.patient_snapshot.osiris_folded AS osiris_folded, ward.patient_snapshot.osiris_fingerprint AS
    osiris_fingerprint, ward.patient_snapshot.name AS name, ward.patient_snapshot.visits AS visits
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys]) AND
    ward.patient_snapshot.osiris_folded > ward.patient_snapshot.osiris_origin AND
    ward.patient_snapshot.osiris_fingerprint = 125089726352930075) AS head) AS anon_2 ON anon_1.hospital =
    anon_2.hospital AND anon_1.number = anon_2.number
-- binds: keys TupleType(String(length=20), Integer()), keys TupleType(String(length=20), Integer())

-- patient: count
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number, ward.patient_snapshot.seq,
    coalesce(counted.osiris_count, 0) AS coalesce_1, counted.osiris_least, counted.osiris_greatest
FROM ward.patient_snapshot
LEFT OUTER
JOIN (
SELECT ward.patient_event.hospital AS hospital, ward.patient_event.number AS number, count(*) AS osiris_count,
    min(ward.patient_event.seq) AS osiris_least, max(ward.patient_event.seq) AS osiris_greatest
FROM ward.patient_event
WHERE (ward.patient_event.hospital, ward.patient_event.number) IN (__[POSTCOMPILE_keys]) AND ward.patient_event.seq >
    0
GROUP BY ward.patient_event.hospital, ward.patient_event.number) AS counted ON ward.patient_snapshot.hospital =
    counted.hospital AND ward.patient_snapshot.number = counted.number
WHERE (ward.patient_snapshot.hospital, ward.patient_snapshot.number) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(length=20), Integer()), keys TupleType(String(length=20), Integer())

-- patient: due, first page
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.seq - ward.patient_snapshot.osiris_folded >= 3 OR
    ward.patient_snapshot.osiris_fingerprint != 125089726352930075) AND ward.patient_snapshot.seq >
    ward.patient_snapshot.osiris_origin
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number

-- patient: all, first page
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE true = 1
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number

-- patient: due, next page
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE (ward.patient_snapshot.hospital > :after0 OR ward.patient_snapshot.hospital = :after0 AND
    ward.patient_snapshot.number > :after1) AND (ward.patient_snapshot.seq - ward.patient_snapshot.osiris_folded >= 3
    OR ward.patient_snapshot.osiris_fingerprint != 125089726352930075) AND ward.patient_snapshot.seq >
    ward.patient_snapshot.osiris_origin
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number
-- binds: after0 String(length=20), after0 String(length=20), after1 Integer()

-- patient: all, next page
SELECT ward.patient_snapshot.hospital, ward.patient_snapshot.number
FROM ward.patient_snapshot
WHERE ward.patient_snapshot.hospital > :after0 OR ward.patient_snapshot.hospital = :after0 AND
    ward.patient_snapshot.number > :after1
ORDER BY ward.patient_snapshot.hospital, ward.patient_snapshot.number
-- binds: after0 String(length=20), after0 String(length=20), after1 Integer()

-- patient: tail length
SELECT ward.patient_snapshot.seq - CASE WHEN (ward.patient_snapshot.osiris_fingerprint = 125089726352930075) THEN
    ward.patient_snapshot.osiris_folded ELSE ward.patient_snapshot.osiris_origin END AS anon_1
FROM ward.patient_snapshot

-- reading: store what Python folded
UPDATE reading_snapshot
SET osiris_folded=:at, osiris_fingerprint=6388899372266228392, least=:f0, first=:f1, notes=:f2
WHERE reading_snapshot.sensor = :k0 AND reading_snapshot.seq = :at
-- binds: at BigInteger(), f0 Float(), f1 UTCDateTime(timezone=True), f2 AccumulatorText(Append()), k0 Uuid(), at
--   BigInteger()

-- reading: folds
SELECT head.sensor, head.seq, least(coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN head.least
    END, (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE)), coalesce((
SELECT min(tail.least) AS min_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END
FOR SHARE), CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN head.least END)) AS least, coalesce(CASE
    WHEN (head.osiris_fingerprint = 6388899372266228392) THEN head.first END, (
SELECT tail.first
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1
FOR SHARE)) AS first, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.notes END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail FORCE INDEX (PRIMARY)
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.notes IS NOT NULL
FOR SHARE), ']'), '[null,null,-1]') AS notes
FROM reading_snapshot AS head
WHERE head.sensor IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR head.osiris_fingerprint !=
    6388899372266228392) AND head.seq > head.osiris_origin
FOR SHARE
-- binds: keys Uuid()

-- reading: verify
SELECT anon_1.sensor, anon_1.least, anon_1.first, anon_1.notes, anon_2.least AS least_1, anon_2.first AS first_1,
    anon_2.notes AS notes_1
FROM (
SELECT head.sensor AS sensor, least(coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN head.least
    END, (
SELECT min(tail.least) AS min_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq)), coalesce((
SELECT min(tail.least) AS min_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), CASE WHEN (head.osiris_fingerprint =
    6388899372266228392) THEN head.least END)) AS least, coalesce(CASE WHEN (head.osiris_fingerprint =
    6388899372266228392) THEN head.first END, (
SELECT tail.first
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1)) AS first, coalesce(concat('[', coalesce(CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.notes END, 'null'), ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_1
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > CASE WHEN (head.osiris_fingerprint = 6388899372266228392) THEN
    head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND tail.notes IS NOT NULL), ']'),
    '[null,null,-1]') AS notes
FROM (
SELECT reading_snapshot.sensor AS sensor, reading_snapshot.osiris_folded AS seq, reading_snapshot.osiris_origin AS
    osiris_origin, reading_snapshot.osiris_folded AS osiris_folded, reading_snapshot.osiris_fingerprint AS
    osiris_fingerprint, reading_snapshot.least AS least, reading_snapshot.first AS first, reading_snapshot.notes AS
    notes
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys]) AND reading_snapshot.osiris_folded >
    reading_snapshot.osiris_origin AND reading_snapshot.osiris_fingerprint = 6388899372266228392) AS head) AS anon_1
    INNER
JOIN (
SELECT head.sensor AS sensor, (
SELECT min(tail.least) AS min_2
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.seq <= head.seq) AS least, (
SELECT tail.first
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND tail.first IS NOT NULL
ORDER BY tail.seq
LIMIT 1) AS first, coalesce(concat('[', 'null', ',', (
SELECT concat(coalesce(CAST(json_arrayagg(CAST(concat('[', tail.seq, ',', coalesce(json_quote(CAST(tail.notes AS
    CHAR)), 'null'), ']') AS JSON)) AS CHAR), '[]'), ',', count(*)) AS concat_2
FROM reading_event AS tail
WHERE tail.sensor = head.sensor AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND tail.notes IS NOT
    NULL), ']'), '[null,null,-1]') AS notes
FROM (
SELECT reading_snapshot.sensor AS sensor, reading_snapshot.osiris_folded AS seq, reading_snapshot.osiris_origin AS
    osiris_origin, reading_snapshot.osiris_folded AS osiris_folded, reading_snapshot.osiris_fingerprint AS
    osiris_fingerprint, reading_snapshot.least AS least, reading_snapshot.first AS first, reading_snapshot.notes AS
    notes
FROM reading_snapshot
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys]) AND reading_snapshot.osiris_folded >
    reading_snapshot.osiris_origin AND reading_snapshot.osiris_fingerprint = 6388899372266228392) AS head) AS anon_2
    ON anon_1.sensor = anon_2.sensor
-- binds: keys Uuid(), keys Uuid()

-- reading: count
SELECT reading_snapshot.sensor, reading_snapshot.seq, coalesce(counted.osiris_count, 0) AS coalesce_1,
    counted.osiris_least, counted.osiris_greatest
FROM reading_snapshot
LEFT OUTER
JOIN (
SELECT reading_event.sensor AS sensor, count(*) AS osiris_count, min(reading_event.seq) AS osiris_least,
    max(reading_event.seq) AS osiris_greatest
FROM reading_event
WHERE reading_event.sensor IN (__[POSTCOMPILE_keys]) AND reading_event.seq > 0
GROUP BY reading_event.sensor) AS counted ON reading_snapshot.sensor = counted.sensor
WHERE reading_snapshot.sensor IN (__[POSTCOMPILE_keys])
-- binds: keys Uuid(), keys Uuid()

-- reading: due, first page
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE false = 1
ORDER BY reading_snapshot.sensor

-- reading: all, first page
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE true = 1
ORDER BY reading_snapshot.sensor

-- reading: due, next page
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE false = 1
ORDER BY reading_snapshot.sensor

-- reading: all, next page
SELECT reading_snapshot.sensor
FROM reading_snapshot
WHERE reading_snapshot.sensor > :after0
ORDER BY reading_snapshot.sensor
-- binds: after0 Uuid()

-- reading: tail length
SELECT reading_snapshot.seq - CASE WHEN (reading_snapshot.osiris_fingerprint = 6388899372266228392) THEN
    reading_snapshot.osiris_folded ELSE reading_snapshot.osiris_origin END AS anon_1
FROM reading_snapshot

-- visit: store
UPDATE visit_snapshot, (
SELECT head.page AS page, head.day AS day, head.seq AS seq, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.hits END, 0) + coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END), 0), 0) + coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END), 0) AS hits, CASE WHEN (coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (archived.last IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (archived.last IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (archived.last IS NOT NULL OR
    archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.last
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND (tail.last IS NOT NULL OR
    tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.last END END AS last,
    coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.size END, 0) + coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END), 0), 0) + coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END), 0) AS size, coalesce(coalesce(CASE WHEN
    (head.osiris_fingerprint = 2528154376666229541) THEN head.osiris_count_size END, 0) + (
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END) AS osiris_count_size
FROM visit_snapshot AS head
WHERE (head.page, head.day) IN (__[POSTCOMPILE_keys]) AND (head.osiris_folded < head.seq OR head.osiris_fingerprint !=
    2528154376666229541) AND head.seq > head.osiris_origin) AS snapshot
SET visit_snapshot.osiris_folded=snapshot.seq, visit_snapshot.osiris_fingerprint=2528154376666229541,
    visit_snapshot.hits=snapshot.hits, visit_snapshot.last=snapshot.last, visit_snapshot.size=snapshot.size,
    visit_snapshot.osiris_count_size=snapshot.osiris_count_size
WHERE visit_snapshot.page = snapshot.page AND visit_snapshot.day = snapshot.day AND visit_snapshot.seq = snapshot.seq
-- binds: keys TupleType(String(), Date())

-- visit: verify
SELECT anon_1.page, anon_1.day, anon_1.hits, anon_1.last, anon_1.size, anon_2.hits AS hits_1, anon_2.last AS last_1,
    anon_2.size AS size_1
FROM (
SELECT head.page AS page, head.day AS day, coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541)
    THEN head.hits END, 0) + coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_3
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) +
    coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_4
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS hits,
    CASE WHEN (coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), (
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1)) IS NOT NULL) THEN CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq AND
    (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared, ',last,') >
    0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.last
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq AND (tail.last
    IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END ELSE CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.last END END AS last,
    CAST(coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN head.size END, 0) +
    coalesce((
SELECT sum(archived.size) AS sum_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0), 0) +
    coalesce((
SELECT sum(tail.size) AS sum_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE)
    / CAST(nullif(coalesce(coalesce(CASE WHEN (head.osiris_fingerprint = 2528154376666229541) THEN
    head.osiris_count_size END, 0) + (
SELECT count(archived.size) AS count_1
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND archived.seq <= head.seq), 0) + (
SELECT count(tail.size) AS count_2
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > CASE WHEN (head.osiris_fingerprint =
    2528154376666229541) THEN head.osiris_folded ELSE head.osiris_origin END AND tail.seq <= head.seq), 0) AS DOUBLE)
    AS size
FROM (
SELECT visit_snapshot.page AS page, visit_snapshot.day AS day, visit_snapshot.osiris_folded AS seq,
    visit_snapshot.osiris_origin AS osiris_origin, visit_snapshot.osiris_folded AS osiris_folded,
    visit_snapshot.osiris_fingerprint AS osiris_fingerprint, visit_snapshot.hits AS hits, visit_snapshot.last AS last,
    visit_snapshot.size AS size, visit_snapshot.osiris_count_size AS osiris_count_size
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys]) AND visit_snapshot.osiris_folded >
    visit_snapshot.osiris_origin AND visit_snapshot.osiris_fingerprint = 2528154376666229541) AS head) AS anon_1 INNER
JOIN (
SELECT head.page AS page, head.day AS day, coalesce(coalesce((
SELECT CASE WHEN (sum(archived.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN
    CAST(sum(archived.hits) AS SIGNED INTEGER) WHEN (sum(archived.hits) IS NOT NULL) THEN 9223372036854775807 +
    CAST(abs(sign(sum(archived.hits))) AS SIGNED INTEGER) END AS anon_5
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND archived.seq <=
    head.seq), 0), 0) + coalesce((
SELECT CASE WHEN (sum(tail.hits) BETWEEN -9223372036854775808 AND 9223372036854775807) THEN CAST(sum(tail.hits) AS
    SIGNED INTEGER) WHEN (sum(tail.hits) IS NOT NULL) THEN 9223372036854775807 + CAST(abs(sign(sum(tail.hits))) AS
    SIGNED INTEGER) END AS anon_6
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS
    hits, CASE WHEN (coalesce((
SELECT archived.seq
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND archived.seq <=
    head.seq AND (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared,
    ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1), 0) > coalesce((
SELECT tail.seq
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND
    (tail.last IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1), 0)) THEN (
SELECT archived.last
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND archived.seq <=
    head.seq AND (archived.last IS NOT NULL OR archived.osiris_cleared IS NOT NULL AND instr(archived.osiris_cleared,
    ',last,') > 0)
ORDER BY archived.seq DESC
LIMIT 1) ELSE (
SELECT tail.last
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND tail.seq <= head.seq AND
    (tail.last IS NOT NULL OR tail.osiris_cleared IS NOT NULL AND instr(tail.osiris_cleared, ',last,') > 0)
ORDER BY tail.seq DESC
LIMIT 1) END AS last, CAST(coalesce(coalesce((
SELECT sum(archived.size) AS sum_3
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND archived.seq <=
    head.seq), 0), 0) + coalesce((
SELECT sum(tail.size) AS sum_4
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS
    DOUBLE) / CAST(nullif(coalesce((
SELECT count(archived.size) AS count_3
FROM visit_event_archive AS archived
WHERE archived.page = head.page AND archived.day = head.day AND archived.seq > head.osiris_origin AND archived.seq <=
    head.seq), 0) + (
SELECT count(tail.size) AS count_4
FROM visit_event AS tail
WHERE tail.page = head.page AND tail.day = head.day AND tail.seq > head.osiris_origin AND tail.seq <= head.seq), 0) AS
    DOUBLE) AS size
FROM (
SELECT visit_snapshot.page AS page, visit_snapshot.day AS day, visit_snapshot.osiris_folded AS seq,
    visit_snapshot.osiris_origin AS osiris_origin, visit_snapshot.osiris_folded AS osiris_folded,
    visit_snapshot.osiris_fingerprint AS osiris_fingerprint, visit_snapshot.hits AS hits, visit_snapshot.last AS last,
    visit_snapshot.size AS size, visit_snapshot.osiris_count_size AS osiris_count_size
FROM visit_snapshot
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys]) AND visit_snapshot.osiris_folded >
    visit_snapshot.osiris_origin AND visit_snapshot.osiris_fingerprint = 2528154376666229541) AS head) AS anon_2 ON
    anon_1.page = anon_2.page AND anon_1.day = anon_2.day
-- binds: keys TupleType(String(), Date()), keys TupleType(String(), Date())

-- visit: count
SELECT visit_snapshot.page, visit_snapshot.day, visit_snapshot.seq, coalesce(counted.osiris_count, 0) AS coalesce_1,
    counted.osiris_least, counted.osiris_greatest
FROM visit_snapshot
LEFT OUTER
JOIN (
SELECT log.page AS page, log.day AS day, count(*) AS osiris_count, min(log.seq) AS osiris_least, max(log.seq) AS
    osiris_greatest
FROM (
SELECT visit_event.page AS page, visit_event.day AS day, visit_event.seq AS seq, visit_event.position AS position,
    visit_event.osiris_xid AS osiris_xid, visit_event.recorded_at AS recorded_at, visit_event.hits AS hits,
    visit_event.last AS last, visit_event.size AS size, visit_event.osiris_cleared AS osiris_cleared,
    visit_event.event_id AS event_id, visit_event.event_type AS event_type, visit_event.event_meta AS event_meta
FROM visit_event
UNION ALL
SELECT visit_event_archive.page AS page, visit_event_archive.day AS day, visit_event_archive.seq AS seq,
    visit_event_archive.position AS position, visit_event_archive.osiris_xid AS osiris_xid,
    visit_event_archive.recorded_at AS recorded_at, visit_event_archive.hits AS hits, visit_event_archive.last AS
    last, visit_event_archive.size AS size, visit_event_archive.osiris_cleared AS osiris_cleared,
    visit_event_archive.event_id AS event_id, visit_event_archive.event_type AS event_type,
    visit_event_archive.event_meta AS event_meta
FROM visit_event_archive) AS log
WHERE (log.page, log.day) IN (__[POSTCOMPILE_keys]) AND log.seq > 0
GROUP BY log.page, log.day) AS counted ON visit_snapshot.page = counted.page AND visit_snapshot.day = counted.day
WHERE (visit_snapshot.page, visit_snapshot.day) IN (__[POSTCOMPILE_keys])
-- binds: keys TupleType(String(), Date()), keys TupleType(String(), Date())

-- visit: due, first page
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE false = 1
ORDER BY visit_snapshot.page, visit_snapshot.day

-- visit: all, first page
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE true = 1
ORDER BY visit_snapshot.page, visit_snapshot.day

-- visit: due, next page
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE false = 1
ORDER BY visit_snapshot.page, visit_snapshot.day

-- visit: all, next page
SELECT visit_snapshot.page, visit_snapshot.day
FROM visit_snapshot
WHERE visit_snapshot.page > :after0 OR visit_snapshot.page = :after0 AND visit_snapshot.day > :after1
ORDER BY visit_snapshot.page, visit_snapshot.day
-- binds: after0 String(), after0 String(), after1 Date()

-- visit: tail length
SELECT visit_snapshot.seq - CASE WHEN (visit_snapshot.osiris_fingerprint = 2528154376666229541) THEN
    visit_snapshot.osiris_folded ELSE visit_snapshot.osiris_origin END AS anon_1
FROM visit_snapshot

