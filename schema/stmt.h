/* Every fixed SQL statement of linjuli, in one list; the prefix names the file that uses
 * it (STMT_LOG_* only in log.c; linted). Only bound parameters. Texts for the tables of
 * record types are made in table.c from the type files, and nowhere else. */
#ifndef LINJULI_STMT_H
#define LINJULI_STMT_H

/* clang-format off */
#define STMT_LIST(X)                                                                       \
    /* db.c */                                                                             \
    X(DB_SCHEMA, "SELECT coalesce(group_concat(sql, char(10)), '') FROM"                   \
        " (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"                            \
        " AND (name GLOB 'log_*' OR name GLOB 'local_*' OR type = 'trigger' OR type = 'view')" \
        " ORDER BY type, name)")                                                           \
    X(DB_BEGIN, "BEGIN IMMEDIATE")                                                         \
    X(DB_COMMIT, "COMMIT")                                                                 \
    /* log.c */                                                                            \
    X(LOG_NAME, "SELECT n FROM log_name WHERE key = ?1")                                   \
    X(LOG_NAME_ADD, "INSERT INTO log_name(key) VALUES (?1)")                               \
    X(LOG_NAMES, "SELECT n, key, state FROM log_name ORDER BY n")                          \
    X(LOG_STATE, "UPDATE log_name SET state = ?2 WHERE n = ?1")                            \
    X(LOG_APPEND, "INSERT INTO log_entry(k, head, body) VALUES (?1, ?2, ?3)")              \
    X(LOG_TRUNK, "SELECT k, head, body FROM log_entry WHERE k BETWEEN ?1 AND ?2 ORDER BY k") \
    X(LOG_ONE, "SELECT head, body FROM log_entry WHERE k = ?1")                            \
    X(LOG_TOP, "SELECT max(k) FROM log_entry WHERE k BETWEEN ?1 AND ?2")                   \
    X(LOG_CUT, "DELETE FROM log_entry WHERE k BETWEEN ?1 AND ?2")                          \
    X(LOG_REWRITE, "UPDATE log_entry SET body = ?2 WHERE k = ?1")                          \
    X(LOG_LOOSE_PUT, "INSERT OR REPLACE INTO log_loose(n, id, seq, data)"                  \
        " VALUES (?1, ?2, ?3, ?4)")                                                        \
    X(LOG_LOOSE_EACH, "SELECT id, seq, data FROM log_loose WHERE n = ?1 ORDER BY seq, id") \
    X(LOG_LOOSE_DEL, "DELETE FROM log_loose WHERE n = ?1 AND id = ?2")                     \
    /* local.c */                                                                          \
    X(LOCAL_SETTING, "SELECT value FROM local_setting WHERE name = ?1")                    \
    X(LOCAL_SETTING_PUT, "INSERT OR REPLACE INTO local_setting(name, value) VALUES (?1, ?2)") \
    X(LOCAL_KEY_PUT, "INSERT OR IGNORE INTO local_scope_key(scope, epoch, key)"            \
        " VALUES (?1, ?2, ?3)")                                                            \
    X(LOCAL_KEYS, "SELECT scope, epoch, key FROM local_scope_key ORDER BY scope, epoch")   \
    X(LOCAL_ACK_PUT, "INSERT INTO local_ack(node, n, seq) VALUES (?1, ?2, ?3)"             \
        " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)")                         \
    X(LOCAL_ACKS, "SELECT node, n, seq FROM local_ack ORDER BY n, node")                   \
    X(LOCAL_PEER_PUT, "INSERT OR REPLACE INTO"                                             \
        " local_peer(node, address, seen_ms, synced_ms, skew_ms, trouble)"                 \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                                \
    X(LOCAL_PEERS, "SELECT node, address, seen_ms, synced_ms, skew_ms, trouble"            \
        " FROM local_peer ORDER BY node")                                                  \
    X(LOCAL_INVITE_PUT, "INSERT OR REPLACE INTO"                                           \
        " local_invite(invite, secret, grant_op, node, log_no, post, until_ms, used,"       \
        " used_ms)"                                                                        \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                                                \
    X(LOCAL_INVITE, "SELECT secret, grant_op, node, log_no, post, until_ms, used, used_ms" \
        " FROM local_invite"                                                               \
        " WHERE invite = ?1")                                                              \
    X(LOCAL_INVITE_USED, "UPDATE local_invite SET used = 1, used_ms = ?2 WHERE invite = ?1") \
    X(LOCAL_INVITED, "SELECT coalesce(max(node), 0), coalesce(max(log_no), 0),"            \
        " coalesce(max(post), 0) FROM local_invite")                                       \
    /* ledger.c */                                                                         \
    X(LEDGER_HEAD, "SELECT head FROM log_entry WHERE k = ?1")                              \
    X(LEDGER_NEWER, "SELECT count(*) FROM newer")                                          \
    /* project.c: from here on tables that table.c makes */                                \
    X(PROJECT_ADD, "INSERT OR IGNORE INTO"                                                 \
        " record(id, scope, unit, type, entry, item, number)"                              \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                            \
    X(PROJECT_FIND, "SELECT no, entry, item FROM record"                                   \
        " WHERE id = ?1 AND scope = ?2 AND unit = ?3 AND type = ?4")                       \
    X(PROJECT_FIND_ALL, "SELECT no FROM record WHERE id = ?1 AND scope = ?2 AND unit = ?3") \
    X(PROJECT_ERASED, "INSERT OR IGNORE INTO local_erased(id, scope, unit, number)"        \
        " SELECT id, scope, unit, number FROM record"                                      \
        " WHERE id = ?1 AND scope = ?2 AND unit = ?3")                                     \
    X(PROJECT_ITEM_ADD, "INSERT OR IGNORE INTO record_item(no, entry, item)"               \
        " VALUES (?1, ?2, ?3)")                                                            \
    X(PROJECT_ITEMS, "SELECT entry, item FROM record_item WHERE no = ?1 ORDER BY entry, item") \
    X(PROJECT_ITEMS_DEL, "DELETE FROM record_item WHERE no = ?1")                          \
    X(PROJECT_FIRST_IN, "SELECT no FROM record WHERE entry BETWEEN ?1 AND ?2")             \
    X(PROJECT_ITEM_IN, "SELECT DISTINCT no FROM record_item WHERE entry BETWEEN ?1 AND ?2") \
    X(PROJECT_CHOICE_IN, "SELECT DISTINCT no FROM conflict_choice"                         \
        " WHERE entry BETWEEN ?1 AND ?2")                                                  \
    X(PROJECT_CARRY, "INSERT INTO carried(why, scope, epoch, n) VALUES (?1, ?2, ?3, ?4)"   \
        " ON CONFLICT DO UPDATE SET n = n + excluded.n")                                   \
    X(PROJECT_CARRIED, "SELECT n FROM carried WHERE why = ?1 AND scope = ?2 LIMIT 1")      \
    X(PROJECT_CARRIED_DEL, "DELETE FROM carried WHERE why = ?1 AND scope = ?2")            \
    X(PROJECT_NEWER, "INSERT OR IGNORE INTO newer(entry) VALUES (?1)")                     \
    X(PROJECT_NEWER_DEL, "DELETE FROM newer WHERE entry BETWEEN ?1 AND ?2")                \
    /* rights*.c */                                                                        \
    X(RIGHTS_ASSET, "SELECT no FROM right_asset"                                           \
        " WHERE log_no = ?1 AND seq = ?2 AND id8 = ?3 AND idx = ?4")                       \
    X(RIGHTS_ASSET_ADD, "INSERT INTO right_asset(log_no, seq, id8, idx)"                   \
        " VALUES (?1, ?2, ?3, ?4)")                                                        \
    X(RIGHTS_ASSET_AT, "SELECT log_no, seq, id8, idx FROM right_asset WHERE no = ?1")      \
    X(RIGHTS_ASSET_SET, "UPDATE right_asset SET s_id = ?2, s_scope = ?3, s_unit = ?4,"     \
        " role = ?5, unit = ?6, issued = ?7, held = ?8, transit = ?9, spent = ?10"         \
        " WHERE no = ?1")                                                                  \
    X(RIGHTS_ASSET_DEL, "DELETE FROM right_asset WHERE no = ?1")                           \
    X(RIGHTS_OP_ADD, "INSERT OR IGNORE INTO right_op(entry, item, asset, id8, mark, code," \
        " amount, party, of_log, of_seq, of_id8, of_idx, s_id, s_scope, s_unit)"           \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")      \
    X(RIGHTS_OPS, "SELECT entry, item, id8, mark, code, amount, party, of_log, of_seq,"    \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " WHERE asset = ?1")                                                               \
    X(RIGHTS_OP_SET, "UPDATE right_op SET state = ?3, confirmed = ?4, used = ?5"           \
        " WHERE entry = ?1 AND item = ?2")                                                 \
    X(RIGHTS_OP_IN, "SELECT asset FROM right_op WHERE entry BETWEEN ?1 AND ?2")            \
    X(RIGHTS_OP_DEL, "DELETE FROM right_op WHERE entry BETWEEN ?1 AND ?2")                 \
    X(RIGHTS_ITEM_DEL, "DELETE FROM right_op WHERE entry = ?1 AND item = ?2")              \
    X(RIGHTS_LANE_DEL, "DELETE FROM right_lane WHERE asset = ?1")                          \
    X(RIGHTS_LANE_ADD, "INSERT INTO right_lane(asset, log_no, balance, place)"             \
        " VALUES (?1, ?2, ?3, ?4)")                                                        \
    X(RIGHTS_WATCH_DEL, "DELETE FROM right_watch WHERE asset = ?1")                        \
    X(RIGHTS_WATCH_ADD, "INSERT INTO right_watch(log_no, asset, kind) VALUES (?1, ?2, ?3)") \
    X(RIGHTS_WATCHERS, "SELECT asset FROM right_watch WHERE log_no = ?1 AND kind >= ?2")   \
    X(RIGHTS_WAIT_DEL, "DELETE FROM right_wait WHERE asset = ?1")                          \
    X(RIGHTS_WAIT_ADD, "INSERT OR IGNORE INTO right_wait(id8, asset, entry)"               \
        " VALUES (?1, ?2, ?3)")                                                            \
    X(RIGHTS_WAITERS, "SELECT asset FROM right_wait WHERE id8 = ?1")                       \
    X(RIGHTS_WAIT_IN, "SELECT asset FROM right_wait WHERE entry BETWEEN ?1 AND ?2")        \
    X(RIGHTS_ID_ADD, "INSERT OR IGNORE INTO right_id(id8, entry) VALUES (?1, ?2)")         \
    X(RIGHTS_ID, "SELECT entry FROM right_id WHERE id8 = ?1")                              \
    X(RIGHTS_ASSETS, "SELECT no, log_no, seq, id8, idx, s_id, s_scope, s_unit, role, unit,"  \
        " issued, held, transit, spent FROM right_asset ORDER BY log_no, seq, id8, idx")   \
    X(RIGHTS_ASSETS_OF, "SELECT no, log_no, seq, id8, idx, s_id, s_scope, s_unit, role,"   \
        " unit, issued, held, transit, spent FROM right_asset"                             \
        " WHERE s_id = ?1 AND s_scope = ?2 AND s_unit = ?3 ORDER BY log_no, seq, id8, idx") \
    X(RIGHTS_LANES, "SELECT log_no, balance, place FROM right_lane"                        \
        " WHERE asset = ?1 ORDER BY log_no")                                               \
    X(RIGHTS_ROWS, "SELECT entry, item, id8, asset, code, amount, party, of_log, of_seq,"  \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " WHERE asset = ?1 ORDER BY entry, item")                                          \
    X(RIGHTS_FOR, "SELECT entry, item, id8, asset, code, amount, party, of_log, of_seq,"   \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " WHERE s_id = ?1 AND s_scope = ?2 AND s_unit = ?3 ORDER BY entry, item")          \
    X(RIGHTS_ONE, "SELECT entry, item, id8, asset, code, amount, party, of_log, of_seq,"   \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " WHERE entry = ?1 AND item = ?2")                                                 \
    X(RIGHTS_GIVES, "SELECT entry, item, id8, asset, code, amount, party, of_log, of_seq," \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " WHERE party = ?1 AND code = 4 AND state = 2 AND used = 0 ORDER BY entry, item")  \
    X(RIGHTS_LANE, "SELECT balance, place FROM right_lane WHERE asset = ?1 AND log_no = ?2") \
    X(RIGHTS_WAITING, "SELECT count(*) FROM right_op"                                      \
        " WHERE asset = ?1 AND entry BETWEEN ?2 AND ?3 AND state = 0")                     \
    X(RIGHTS_ALL, "SELECT entry, item, id8, asset, code, amount, party, of_log, of_seq,"   \
        " of_id8, of_idx, s_id, s_scope, s_unit, state, confirmed, used FROM right_op"     \
        " ORDER BY entry, item")                                                           \
    /* fold.c: one record read, written and folded again */                                \
    X(FOLD_RECORD, "SELECT id, scope, unit, type, entry, item, number FROM record"         \
        " WHERE no = ?1")                                                                  \
    X(FOLD_FIRST, "UPDATE record SET entry = ?2, item = ?3, number = ?4 WHERE no = ?1")    \
    X(FOLD_DEL, "DELETE FROM record WHERE no = ?1")                                        \
    X(FOLD_ITEMS_DEL, "DELETE FROM record_item WHERE no = ?1")                             \
    X(FOLD_CONFLICTS_DEL, "DELETE FROM conflict WHERE no = ?1")                            \
    X(FOLD_CHOICES_DEL, "DELETE FROM conflict_choice WHERE no = ?1")                       \
    X(FOLD_CONFLICT_ADD, "INSERT INTO conflict(no, field, kind, name)"                     \
        " VALUES (?1, ?2, ?3, ?4)")                                                        \
    X(FOLD_CHOICE_ADD, "INSERT INTO conflict_choice(no, field, log_no, seq, id8, entry,"   \
        " item, clock, is_shown, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)") \
    X(FOLD_CHOICES, "SELECT field, log_no, seq, id8, entry, item, clock, value, is_shown"  \
        " FROM conflict_choice WHERE no = ?1 ORDER BY field, log_no, seq, id8")            \
    /* digest.c */                                                                         \
    X(DIGEST_ALL, "SELECT no, scope FROM record ORDER BY scope, unit, id, type")           \
    X(DIGEST_TOUCHED, "SELECT no FROM record WHERE entry BETWEEN ?1 AND ?2"                \
        " UNION SELECT no FROM record_item WHERE entry BETWEEN ?1 AND ?2")                 \
    /* doctor.c */                                                                         \
    X(DOCTOR_RECORDS, "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM record_item)," \
        " (SELECT count(*) FROM conflict), (SELECT count(*) FROM conflict_choice)")         \
    X(DOCTOR_RIGHTS, "SELECT (SELECT count(*) FROM right_op),"                             \
        " (SELECT count(*) FROM right_asset), (SELECT count(*) FROM right_lane),"          \
        " (SELECT count(*) FROM right_watch), (SELECT count(*) FROM right_wait)")          \
    X(DOCTOR_SCOPE, "SELECT no, id, unit FROM record WHERE scope = ?1"                     \
        " ORDER BY unit, id, type")                                                        \
    /* audit*.c */                                                                         \
    X(AUDIT_HEADS, "SELECT k, head FROM log_entry WHERE k BETWEEN ?1 AND ?2 ORDER BY k")   \
    X(AUDIT_TOP, "SELECT max(k) FROM log_entry WHERE k BETWEEN ?1 AND ?2")                 \
    X(AUDIT_LOOSE, "SELECT n, id, seq, data FROM log_loose ORDER BY n, seq, id")           \
    X(AUDIT_RECORDS, "SELECT id, scope, unit FROM record ORDER BY scope, unit, id")        \
    X(AUDIT_CARRIED, "SELECT coalesce(sum(n), 0) FROM carried WHERE why <> ?1")            \
    X(AUDIT_JUDGED, "SELECT no FROM record r WHERE type = ?1"                              \
        " AND EXISTS (SELECT 1 FROM record_item i WHERE i.no = r.no) ORDER BY no")         \
    /* tree.c */                                                                           \
    X(TREE_HEADS, "SELECT k, head FROM log_entry WHERE k BETWEEN ?1 AND ?2 ORDER BY k")    \
    /* query.c */                                                                          \
    X(QUERY_HOLD, "SELECT no FROM record WHERE no > 0")                                    \
    X(QUERY_KEY, "SELECT no, type FROM record WHERE id = ?1 AND scope = ?2 AND unit = ?3") \
    X(QUERY_IDS, "SELECT no, type, number, id FROM record WHERE id BETWEEN ?1 AND ?2")     \
    X(QUERY_NUMBERS, "SELECT no, type, number, id FROM record"                             \
        " WHERE number BETWEEN ?1 AND ?2")                                                 \
    X(ASOF_ITEMS, "SELECT entry FROM record_item WHERE no = ?1")                           \
    X(QUERY_ITEMS_N, "SELECT count(*) FROM record_item WHERE no = ?1")                     \
    X(QUERY_CASE, "SELECT no, field FROM conflict WHERE name = ?1")                        \
    X(QUERY_CASES, "SELECT no, field, name FROM conflict ORDER BY name")                   \
    X(QUERY_CASES_N, "SELECT count(*) FROM conflict")                                      \
    X(QUERY_ALL_ITEMS, "SELECT entry, item FROM record WHERE no = ?1"                      \
        " UNION ALL SELECT entry, item FROM record_item WHERE no = ?1")                    \
    X(QUERY_TOUCHED, "SELECT no FROM record WHERE entry BETWEEN ?1 AND ?2"                 \
        " UNION SELECT no FROM record_item WHERE entry BETWEEN ?1 AND ?2")                 \
    /* author.c */                                                                         \
    X(AUTHOR_NUMBER, "SELECT max(number) FROM (SELECT max(number) AS number FROM record"   \
        " WHERE number BETWEEN ?1 AND ?2 UNION ALL SELECT max(number) FROM local_erased"   \
        " WHERE number BETWEEN ?1 AND ?2)")                                                \
    /* stick.c */                                                                          \
    X(STICK_PUT, "INSERT INTO local_stick(node, n, seq) VALUES (?1, ?2, ?3)"               \
        " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)")                         \
    X(STICK_GET, "SELECT coalesce(max(seq), 0) FROM local_stick"                           \
        " WHERE node IN (0, ?1) AND n = ?2")                                               \
    X(STICK_CARRY, "INSERT INTO local_carried(n, since, seq) VALUES (?1, ?2, ?3)"          \
        " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)")                         \
    X(STICK_CARRIED, "SELECT n, since, seq FROM local_carried ORDER BY n")                 \
    /* erase_ack.c */                                                                      \
    X(ERASE_ACK_NUMBER, "SELECT number FROM local_erased WHERE id = ?1 AND unit = ?2"      \
        " AND number IS NOT NULL LIMIT 1")                                                 \
    /* hub_code.c */                                                                       \
    X(HUB_CODE_PUT, "INSERT OR REPLACE INTO local_code(name, psk, invite, file, until_ms)" \
        " VALUES (?1, ?2, ?3, ?4, ?5)")                                                    \
    X(HUB_CODE_GET, "SELECT psk, invite, until_ms, used, tries, wait_ms FROM local_code"   \
        " WHERE name = ?1")                                                                \
    X(HUB_CODE_FILE, "SELECT file FROM local_code WHERE name = ?1")                        \
    X(HUB_CODE_WRONG, "UPDATE local_code SET tries = tries + 1, wait_ms = ?2"              \
        " WHERE name = ?1")                                                                \
    X(HUB_CODE_USED, "UPDATE local_code SET used = 1, file = x'' WHERE name = ?1")         \
    X(HUB_CODE_LATE, "UPDATE local_code SET file = x''"                                    \
        " WHERE until_ms < ?1 AND length(file) > 0")                                       \
    X(HUB_CODE_OLD, "DELETE FROM local_code WHERE until_ms < ?1")                          \
    X(HUB_CODE_COUNT, "SELECT count(*) FROM local_code WHERE until_ms >= ?1 AND used = 0") \
    /* order.c */                                                                          \
    X(ORDER_PUT, "INSERT OR REPLACE INTO local_order(name, op, made_ms, who, file)"        \
                 " VALUES (?1, ?2, ?3, ?4, ?5)")                                           \
    X(ORDER_GET, "SELECT op, made_ms, who, file FROM local_order WHERE name = ?1")         \
    X(ORDER_ALL, "SELECT op, made_ms, who, file FROM local_order ORDER BY name")           \
    X(ORDER_DEL, "DELETE FROM local_order WHERE name = ?1")                                \
    /* backup.c, backup_read.c */                                                          \
    X(BACKUP_RECORDS, "SELECT count(*) FROM record")                                       \
    X(BACKUP_ERASED, "SELECT id, scope, unit, number FROM local_erased"                    \
        " ORDER BY id, scope, unit")                                                       \
    X(BACKUP_READ_ERASED, "INSERT OR IGNORE INTO local_erased(id, scope, unit, number)"    \
        " VALUES (?1, ?2, ?3, ?4)")                                                       \
    /* pin.c */                                                                           \
    X(PIN_GET, "SELECT tries, wait_ms FROM local_pin WHERE log = ?1")                     \
    X(PIN_PUT, "INSERT OR REPLACE INTO local_pin(log, tries, wait_ms)"                    \
        " VALUES (?1, ?2, ?3)")                                                           \
    X(PIN_DEL, "DELETE FROM local_pin WHERE log = ?1")
/* clang-format on */

enum stmt {
#define X(name, text) STMT_##name,
    STMT_LIST(X)
#undef X
        STMT_N
};

#endif
