/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Judges what was fetched of the security feeds, before it comes into its place: lines of
 * fetch/judge-line.h on standard output, in the order of the files. What is no good is a line too,
 * so that one bad file costs itself alone. */

#include "omgd-index/task.h"

/* By task->judge:
 * LIST: one file, the tracker's list: a line "list", then "wanted" for each of task->groups
 *   (separated by commas) that the list has and of which task->details has no AVG-N.json that says
 *   the same. task->previous: the list at hand.
 * GROUPS: details, a line "group" each.
 * ANSWER: one file, the answer to a querybatch of task->questions questions: "id" and "token".
 * RECORDS: OSV records, a line "record" each. */
void omg_judge_staged(const OmgTask *task);
