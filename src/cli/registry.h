/* registry.h - a folder of named tables: NAME/VERSION.parquet holds the rows, NAME/VERSION.json what they are. A
 * version is the first twelve digits of the table's content hash, so that the same table is the same version
 * wherever it came from, and nothing is ever overwritten by something else. */
#ifndef HN_CLI_REGISTRY_H
#define HN_CLI_REGISTRY_H

#include "cli/tables.h"

enum { HN_VERSION_DIGITS = 12 };

/* folder, or where it is if none is named: hone/data under $XDG_DATA_HOME, or under ~/.local/share. */
hone_status hn_registry_folder(hn_cli *cli, const char *folder,
                               const char **ret_folder) HONE_MUST_CHECK;

#endif
