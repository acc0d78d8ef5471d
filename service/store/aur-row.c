/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/aur-row.h"

void omg_aur_row_free(OmgAurRow *row)
{
        if (!row)
                return;
        g_free(row->name);
        g_free(row->version);
        g_free(row->trusted);
        g_free(row->maintainer);
        g_free(row->others);
        g_free(row);
}
