/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/path.h"

OmgWirePath *omg_wire_path_new(OmgWireWalk *walk, const OmgWireType *type, const char *name,
                               gsize n)
{
        OmgWirePath *path = omg_wire_arena_alloc(
                walk->arena, sizeof(OmgWirePath) + type->n_fields * sizeof(OmgWireBranch));

        g_assert(type->n_fields <= OMG_WIRE_FIELDS_MAX);
        path->type = type;
        path->name = name;
        path->n = n;
        return path;
}

static const OmgWirePath *named(const OmgWirePath *path)
{
        while (path && !path->name)
                path = path->parent;
        return path;
}

static void name_column(OmgWireWalk *walk, const OmgWirePath *path)
{
        const OmgWirePath *what = named(path), *of = named(what->parent);

        walk->reader.what = what->name;
        walk->reader.of = of ? of->name : NULL;
}

static void expect(OmgWirePath *path, guint i, gsize n)
{
        path->branches[i].expected = n;
        if (n > 0)
                path->pending |= 1u << i;
}

static gboolean open_tags(OmgWireWalk *walk, OmgWirePath *path)
{
        const gboolean is_option = path->type->kind == OMG_WIRE_KIND_OPTION;
        const guint n_tags = is_option ? 2 : path->type->n_fields;
        gsize tally[256];
        gsize n_good = 0;
        const guint8 *at;
        guint tag;

        if (!omg_wire_digits_open(&walk->reader, path->n, &path->tags))
                return FALSE;
        omg_wire_digits_tally(path->tags, path->n, tally);
        for (guint i = 0; i < n_tags; i++)
                n_good += tally[i];
        if (n_good < path->n) {
                at = omg_wire_digits_find(path->tags, path->n, n_tags, &tag);
                return omg_wire_reader_fail(&walk->reader, at, "tag %u of a%s %s is out of range",
                                            tag, is_option ? "n" : "", path->type->name);
        }
        if (is_option)
                expect(path, 0, tally[1]);
        else
                for (guint i = 0; i < n_tags; i++)
                        expect(path, i, tally[i]);
        return TRUE;
}

static gboolean open_list(OmgWireWalk *walk, OmgWirePath *path)
{
        const guint8 *at = walk->reader.next;
        guint64 total, left;

        if (path->depth >= walk->max_depth)
                return omg_wire_reader_fail(&walk->reader, at, "more than %u lists within lists",
                                            walk->max_depth);
        if (!omg_wire_lengths_open(&walk->reader, path->n, &path->lengths, &total))
                return FALSE;
        /* An item has a bit at least; later columns would find out, but memory is had before. */
        left = (guint64)(walk->reader.end - walk->reader.next);
        if (total / 8 > left)
                return omg_wire_reader_fail(&walk->reader, at,
                                            "items: %" G_GUINT64_FORMAT
                                            ", bytes left for them: %" G_GUINT64_FORMAT,
                                            total, left);
        expect(path, 0, (gsize)total);
        return TRUE;
}

static gboolean open_strings(OmgWireWalk *walk, OmgWirePath *path)
{
        guint64 total;

        return omg_wire_lengths_open(&walk->reader, path->n, &path->lengths, &total) &&
               omg_wire_text_open(&walk->reader, path->lengths, path->n, total, &path->text);
}

gboolean omg_wire_path_open(OmgWireWalk *walk, OmgWirePath *path)
{
        path->is_open = TRUE;
        name_column(walk, path);
        switch (path->type->kind) {
        case OMG_WIRE_KIND_U64:
        case OMG_WIRE_KIND_I64:
                return omg_wire_integers_open(&walk->reader, path->n, 8, &path->integers);
        case OMG_WIRE_KIND_I32:
                return omg_wire_integers_open(&walk->reader, path->n, 4, &path->integers);
        case OMG_WIRE_KIND_STRING:
                return open_strings(walk, path);
        case OMG_WIRE_KIND_LIST:
                return open_list(walk, path);
        case OMG_WIRE_KIND_OPTION:
        case OMG_WIRE_KIND_ENUM:
                return open_tags(walk, path);
        case OMG_WIRE_KIND_STRUCT:
                for (guint i = 0; i < path->type->n_fields; i++)
                        expect(path, i, path->n);
                return TRUE;
        }
        g_assert_not_reached();
}

OmgWirePath *omg_wire_path_get_branch(OmgWireWalk *walk, OmgWirePath *path, guint i)
{
        OmgWireBranch *branch = &path->branches[i];

        if (!branch->path) {
                const OmgWireField *field = &path->type->fields[i];
                branch->path = omg_wire_path_new(walk, field->type, field->name, branch->expected);
                branch->path->parent = path;
                branch->path->depth = path->depth + (path->type->kind == OMG_WIRE_KIND_LIST);
        }
        return branch->path;
}
