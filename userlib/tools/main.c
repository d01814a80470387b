// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/output.h"

int main(int argc, char **argv)
{
	int code;

	output_begin();
	code = commands_run(argc, argv);
	return output_end() ? EXIT_ERROR : code;
}
