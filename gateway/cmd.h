/* cmd.h - the commands that main() hands over to: argv[0] is the command's own name. */
#pragma once

/*! \returns the exit status: 0, 1 for a wrong request, 2 for wrong usage */
int cmd_sms(int argc, char **argv);
