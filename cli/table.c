/* The table of commands. One line and one file is all that a new one needs. */
#include "cli/commands.h"

#include <string.h>

const struct cmd *const commands[] = {
    /* the ten most used */
    &cmd_add,
    &cmd_get,
    &cmd_list,
    &cmd_find,
    &cmd_set,
    &cmd_move,
    &cmd_cases,
    &cmd_settle,
    &cmd_sync,
    &cmd_status,
    /* looking */
    &cmd_history,
    &cmd_due,
    &cmd_inbox,
    &cmd_quarantine,
    &cmd_types,
    &cmd_describe,
    &cmd_members,
    &cmd_nodes,
    &cmd_digest,
    /* rights */
    &cmd_rights,
    &cmd_give,
    &cmd_spend,
    &cmd_return,
    &cmd_take,
    /* spreadsheets */
    &cmd_report,
    &cmd_indicators,
    &cmd_import,
    &cmd_undo,
    &cmd_reclassify,
    &cmd_export,
    /* this node */
    &cmd_bundle,
    &cmd_join,
    &cmd_serve,
    &cmd_pin,
    &cmd_unlock,
    &cmd_lock,
    &cmd_handover,
    /* the hub */
    &cmd_init,
    &cmd_invite,
    &cmd_admit,
    &cmd_seal,
    &cmd_checkpoint,
    &cmd_root_sheet,
    &cmd_erase,
    &cmd_adopt,
    &cmd_officers,
    &cmd_orders,
    &cmd_sign,
    &cmd_revoke,
    &cmd_lost,
    &cmd_rotate,
    &cmd_succeed,
    /* care of the store */
    &cmd_rebuild,
    &cmd_doctor,
    &cmd_audit,
    &cmd_backup,
    &cmd_restore,
    &cmd_demo,
    &cmd_version,
    NULL,
};

/* What commands ask of whoever has the node; nobody types them. */
static const struct cmd *const inner[] = {&cmd_bundle_step, &cmd_join_here, NULL};

const struct cmd *
command_find(const char *name)
{
    for (const struct cmd *const *c = inner; *c != NULL; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    for (const struct cmd *const *c = commands; *c != NULL; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}
