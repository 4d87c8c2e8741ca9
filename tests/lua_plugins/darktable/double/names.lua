--[[
Names that have done harm elsewhere, of photos and of folders.
]]

return {
  "$(touch pwned).CR3",
  '"; touch pwned;".NEF',
  "'; touch pwned;'.NEF",
  "`touch pwned`.CR3",
  "-rf.dng",
  "a\nb write id=1.dng",
  "tab\there.dng",
  "\27[31mred.dng",
  "\u{202e}gnd.dng",
  "\u{1f4f7} 100%.dng",
  "\xff\xfe.dng",
  "\u{e9}.dng",
  "e\u{301}.dng",
  ("x"):rep(251) .. ".dng",
}
