/* SPDX-License-Identifier: MIT */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

enum exit_code {
	EXIT_OK		= 0,
	EXIT_ERROR	= 1,
	EXIT_USAGE	= 2,
	EXIT_FRAMES	= 3,	/* corrupt or, if asked to care, lost frames */
	EXIT_SIGNAL	= 128,	/* plus the signal's number */
};

#endif /* EXIT_CODE_H */
