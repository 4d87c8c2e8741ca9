-- Lightroom runs this file at each click.
require("Menu").run("MatchCamera")
