local files = require "double/files"
local names = require "double/names"
local process = require "sidelight/process"

describe("process", function()
  local folder

  before_each(function()
    folder = files.temporary()
  end)

  after_each(function()
    files.remove_all(folder)
  end)

  local function said_by_shell(words)
    local command = assert(process.command_line({ "printf", "%s\\0", table.unpack(words) }, false))
    local shell = assert(io.popen("cd " .. folder .. " && " .. command))
    local said = shell:read("a")
    assert.is_true(shell:close())
    return said
  end

  for index, name in ipairs(names) do
    it("P6: the shell hands on any word as it is: " .. index, function()
      assert.equal("a\0" .. name .. "\0", said_by_shell({ "a", name }))
      assert.same({}, files.names(folder))
    end)
  end

  it("hands on empty words and quotes", function()
    assert.equal("\0'\0''\0'a'\0\\\0$HOME\0*\0", said_by_shell({ "", "'", "''", "'a'", "\\", "$HOME", "*" }))
  end)

  it("refuses what no shell can be told", function()
    assert.is_nil(process.command_line({ "a", "b\0c" }, false))
    assert.is_nil(process.command_line({ "a", "b\0c" }, true))
  end)

  it("quotes for Windows, and everything once more for cmd.exe", function()
    assert.equal(
      [[""C:\Program Files\side & light\python.exe" "-m" "C:\Users\J. O'Hara ^!\x.orders""]],
      process.command_line(
        { [[C:\Program Files\side & light\python.exe]], "-m", [[C:\Users\J. O'Hara ^!\x.orders]] }, true
      )
    )
  end)

  for _, word in ipairs({ "%PATH%", "100%", 'a"b', "a\nb", "a\rb" }) do
    it("refuses for Windows what cmd.exe would take for more than a word: " .. word, function()
      assert.is_nil(process.command_line({ "python.exe", word }, true))
      assert.is_string(process.command_line({ "python", word }, false))
    end)
  end

  it("reads exit codes", function()
    assert.same({ 0, 1, 3, 127, 9, 139 }, {
      process.exit_code(0, false), process.exit_code(256, false), process.exit_code(768, false),
      process.exit_code(127 * 256, false),
      process.exit_code(9, false), process.exit_code(139, false), -- signals
    })
    assert.same({ 0, 3, 768 }, { process.exit_code(0, true), process.exit_code(3, true), process.exit_code(768, true) })
  end)

  it("reads what a shell returns", function()
    local code = select(3, os.execute(process.command_line({ "sh", "-c", "exit 3" }, false)))
    assert.equal(3, code)
    assert.equal(3, process.exit_code(code * 256, false))
  end)
end)
