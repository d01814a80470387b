/* SPDX-License-Identifier: MIT */
/* What a command line says of a format: "640x480", "Y12P", "@30", "2ch". */
#ifndef FORMAT_WORDS_H
#define FORMAT_WORDS_H

#include <linux/dmaring.h>

/* Takes one word into @format, which has 0 where nothing was said, and into
 * @flags, DMARING_SET_FORMAT_*.
 * Return: 0; -ENOENT if it is no such word; -EINVAL if it makes no sense, all said.
 */
int format_word(const char *word, struct dmaring_format *format, __u32 *flags);

#endif /* FORMAT_WORDS_H */
