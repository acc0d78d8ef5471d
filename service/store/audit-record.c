/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/audit-record.h"

#include <string.h>

void omg_audit_record_clear(OmgAuditRecord *record)
{
        g_free(record->event);
        g_free(record->severity);
        g_free(record->actor);
        g_free(record->resource);
        g_free(record->description);
        g_free(record->metadata);
}

void omg_audit_record_free(OmgAuditRecord *record)
{
        if (!record)
                return;
        omg_audit_record_clear(record);
        g_free(record);
}

static void add_bytes(GChecksum *sum, const void *data, gsize length)
{
        guint64 prefix = GUINT64_TO_LE(data ? (guint64)length : G_MAXUINT64);

        g_checksum_update(sum, (const guchar *)&prefix, sizeof(prefix));
        if (data)
                g_checksum_update(sum, data, (gssize)length);
}

static void add_text(GChecksum *sum, const char *text)
{
        add_bytes(sum, text, text ? strlen(text) : 0);
}

static void add_number(GChecksum *sum, guint64 number)
{
        guint64 bytes = GUINT64_TO_LE(number);
        add_bytes(sum, &bytes, sizeof(bytes));
}

void omg_audit_record_hash(const OmgAuditRecord *record, guint8 ret_hash[OMG_AUDIT_HASH])
{
        static const char label[] = "omgd-audit-1";
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        gsize length = OMG_AUDIT_HASH;

        g_checksum_update(sum, (const guchar *)label, sizeof(label) - 1);
        add_number(sum, record->sequence);
        add_number(sum, record->time_usec);
        add_text(sum, record->event);
        add_text(sum, record->severity);
        add_text(sum, record->actor);
        add_text(sum, record->resource);
        add_text(sum, record->description);
        add_text(sum, record->metadata);
        add_bytes(sum, record->previous, sizeof(record->previous));
        g_checksum_get_digest(sum, ret_hash, &length);
}
