/* ready.h - tell the service manager how far the line is (systemd's sd_notify protocol). */
#pragma once

/*! \param[in] state  "READY=1" or "STOPPING=1"; nobody is told where no manager listens */
void ready_tell(const char *state);
