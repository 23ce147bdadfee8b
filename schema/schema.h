/* schema/: the database. Ledger, record types, projection, queries, spreadsheets. */
#ifndef LINJULI_SCHEMA_H
#define LINJULI_SCHEMA_H

#include "schema/fault.h"
#include "schema/type.h"
#include "schema/text.h"
#include "schema/ledger.h"
#include "schema/author.h"
#include "schema/hub.h"
#include "schema/pin.h"
#include "schema/hub_code.h"
#include "schema/order.h"
#include "schema/request.h"
#include "schema/erase.h"
#include "schema/edit.h"
#include "schema/rights.h"
#include "schema/review.h"
#include "schema/query.h"
#include "schema/sheet.h"
#include "schema/xlsx.h"
#include "schema/date.h"
#include "schema/report.h"
#include "schema/due.h"
#include "schema/report_run.h"
#include "schema/peer.h"
#include "schema/stick.h"
#include "schema/audit.h"
#include "schema/backup.h"
#include "schema/tree.h"

#endif
