-- What Lightroom reads first. Nothing can be loaded here, so the items of Menu.lua are repeated.

local items = {
  { title = "&Auto HDR", file = "MenuAuto.lua" },
  { title = "Auto HDR with &Options…", file = "MenuOptions.lua" },
  { title = "&Match the camera", file = "MenuMatchCamera.lua" },
  { title = "&Restore before Sidelight", file = "MenuRestore.lua" },
  { title = "Self-&check…", file = "MenuSelfCheck.lua" },
  { title = "&Window with these…", file = "MenuWindow.lua" },
}

return {
  LrSdkVersion = 15.0,
  LrSdkMinimumVersion = 6.0,
  LrToolkitIdentifier = "org.sidelight.lightroom",
  LrPluginName = "Sidelight",
  LrPluginInfoProvider = "PluginInfo.lua",
  -- The first menu is shown in every module, the second in Library only.
  LrExportMenuItems = items,
  LrLibraryMenuItems = items,
  VERSION = { major = 0, minor = 1, revision = 0, build = 0 },
}
