/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One package as the AUR tells of it: an object of its archive packages-meta-ext-v1.json.gz or of
 * the results of RPC v5 (aurweb's util/mkpkglists.py, rpc.py; goaurrpc).
 *
 * Anybody may have written what is in it, so a record is taken or dropped as a whole. Dropped is
 * one that:
 * - is no JSON object, not UTF-8, deeper than OMG_LIMIT_AUR_DEPTH, or has a key below twice;
 * - has no Name, PackageBase or Version, or one that makepkg would not take: names of ASCII
 * letters, digits and @ . _ + -, not beginning with - or .; versions [EPOCH:]PKGVER-PKGREL, of
 * which PKGVER is printable ASCII without : / - and blanks;
 * - has a key below whose value is of another kind, longer than base/limits-aur.h allows, or a text
 *   with control characters (but a tab or line break, which becomes a blank);
 * - has a count or time that is negative or beyond base/limits-aur.h, or a count or time with a
 *   fraction or exponent;
 * - has an URLPath that is none.
 * Taken as not said: a key that is absent, null, 0 as a time, an empty text, an empty list and
 * empty elements of lists. Other keys, once or more, are passed over, whatever they hold. */

#include "store/package.h"

/* Room that omg_aur_record_parse may need in @slots for a text of @size bytes: an element of a list
 * has three bytes, and a list four. */
#define OMG_AUR_SLOTS(size) ((size) / 3 + 16)

/* @text: the object, text[size] is NUL; it becomes strings in place. *ret_package (cleared before)
 * then borrows all from @text and @slots: nothing of it is to be freed. Its flags are those of
 * the AUR, its repository is the caller's to set. UPSTREAM_INVALID: the record is to be dropped;
 * the message goes on from a subject, and holds nothing of the record's own. */
gboolean omg_aur_record_parse(char *text, gsize size, char **slots, OmgPackage *ret_package,
                              GError **error);
