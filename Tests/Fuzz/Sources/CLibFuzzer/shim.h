#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library: what its own main calls. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *bytes, size_t count));
