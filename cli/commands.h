/* The commands, one file each. */
#ifndef LINJULI_CLI_COMMANDS_H
#define LINJULI_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cmd cmd_add, cmd_set, cmd_move, cmd_get, cmd_list, cmd_find,
    cmd_history, cmd_cases, cmd_settle, cmd_inbox, cmd_types, cmd_describe, cmd_import,
    cmd_undo, cmd_export, cmd_init, cmd_join, cmd_serve, cmd_sync, cmd_status, cmd_digest,
    cmd_invite, cmd_members, cmd_nodes, cmd_seal, cmd_erase, cmd_officers, cmd_orders,
    cmd_sign, cmd_revoke, cmd_lost, cmd_rotate, cmd_rebuild, cmd_doctor, cmd_version,
    cmd_demo, cmd_quarantine, cmd_adopt, cmd_bundle, cmd_bundle_step, cmd_audit,
    cmd_root_sheet, cmd_backup, cmd_restore, cmd_succeed, cmd_checkpoint, cmd_pin,
    cmd_unlock, cmd_lock, cmd_join_here, cmd_handover, cmd_admit, cmd_report,
    cmd_indicators, cmd_rights, cmd_give, cmd_spend, cmd_return, cmd_take, cmd_reclassify,
    cmd_due;

#endif
