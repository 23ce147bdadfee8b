#include "schema/rebuild.h"

#include "schema/project.h"

enum rc
rebuild_all(struct ledger *l, void (*progress)(void *arg, uint64_t done, uint64_t all),
            void *arg)
{
    enum rc rc = tables_make(l->tables);
    return rc != RC_OK ? rc : project_replay(l, progress, arg);
}

enum rc
ledger_rebuild(struct ledger *l, void (*progress)(void *arg, uint64_t done, uint64_t all),
               void *arg)
{
    enum rc rc = ledger_begin(l);
    if (rc != RC_OK)
        return rc;
    rc = rebuild_all(l, progress, arg);
    if (rc == RC_OK)
        return ledger_commit(l);
    ledger_rollback(l);
    return rc;
}
