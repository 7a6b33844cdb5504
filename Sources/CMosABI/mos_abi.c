// SPDX-License-Identifier: BSD-2-Clause
#include "CMosABI.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

const char mos_abi_text[] = {
#embed "include/mos_abi.h"
    , 0};
