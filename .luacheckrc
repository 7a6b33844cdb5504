std = "luajit+mos"
max_line_length = 100
stds.mos = { read_globals = { mos = { other_fields = true } } }
ignore = { "581" } -- `not (x < y)` is how NaN is caught
