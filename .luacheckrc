-- Each editor's scripts on the Lua it runs. A loop's index that is not needed has a name all the
-- same where _ translates.
files["lua_plugins/darktable"] = { std = "lua54", ignore = { "213" } }
files["tests/lua_plugins/darktable"] = { std = "lua54+busted", ignore = { "213" } }
files["tests/lua_plugins/darktable/driver.lua"] = { std = "lua54", globals = { "driver" }, ignore = { "213" } }
