-- Each editor's scripts on the Lua it runs. A loop's index that is not needed has a name all the
-- same where _ translates.
files["lua_plugins/darktable"] = { std = "lua54", ignore = { "213" } }
files["tests/lua_plugins/darktable"] = { std = "lua54+busted", ignore = { "213" } }
files["tests/lua_plugins/darktable/driver.lua"] = { std = "lua54", globals = { "driver" }, ignore = { "213" } }
-- Lightroom's SDK: these and no other globals.
files["lua_plugins/lightroom"] = { std = "lua51", read_globals = { "import", "LOC", "_PLUGIN", "WIN_ENV", "MAC_ENV" } }
files["tests/lua_plugins/lightroom"] = { std = "lua51+busted", ignore = { "213" }, max_line_length = 160 }
