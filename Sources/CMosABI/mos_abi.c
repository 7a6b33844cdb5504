// SPDX-License-Identifier: BSD-2-Clause
#include "CMosABI.h"

const char mos_abi_text[] = {
#embed "include/mos_abi.h"
    , 0};
