/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* MESSAGE_ID= of the few events people search the journal for (journalctl MESSAGE_ID=...). Random
 * 128-bit numbers, as sd-id128(3) asks; once published they never change their meaning. */

/* omgd owns its bus name, or serves its socket, and takes calls. */
#define OMG_LOG_ID_STARTED "9971e35c2392451ab18a4d0dd88612f7"

/* omgd ends: after a signal, or because it was told to. */
#define OMG_LOG_ID_STOPPED "32766fef28214140b2eba2856bf44f47"

/* An index file could not be used (outdated, damaged, newer format, another owner) and is rebuilt.
 */
#define OMG_LOG_ID_INDEX_REJECTED "09a0c6d6f76f4f4fae0cfed4a97d70dc"

/* A refresh failed; the last good index stays in use. */
#define OMG_LOG_ID_REFRESH_FAILED "05a82010399c429faf4625d55f8aaa7a"

/* The connection to the message bus was lost, or there is none; omgd goes on and tries again. */
#define OMG_LOG_ID_BUS_LOST "d627a4fe7d154cc9bab03231ef4d0f52"

/* A reload, which SIGHUP asked for, is done: settings and databases were read again. */
#define OMG_LOG_ID_RELOADED "d1d6df1c871a41d3928894999911e290"
