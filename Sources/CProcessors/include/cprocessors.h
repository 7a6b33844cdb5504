// SPDX-License-Identifier: BSD-2-Clause
// Which processors a thread may run on: what Linux has only behind _GNU_SOURCE.
#ifndef CPROCESSORS_H
#define CPROCESSORS_H

/* The numbers of the processors that the calling thread may run on, in order, `room` at most; how many there are. */
int cprocessors_allowed(int *numbers, int room);

/* Binds the calling thread to one processor; 0 or errno. */
int cprocessors_bind(int number);

#endif
