'use strict'
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

/**
 * Loads the two packs of `dist` with V8's code cache, as Node 22 does for every module; Node 20 does not. The cache is written at the end of the first
 * command after an installation, and again where V8 refuses it (another Node, other flags). Whatever goes wrong with it, the code is compiled.
 */
module.exports = (dist) => {
  const Module = module.constructor
  const folder = cacheFolder()
  const loaded = new Map()
  const load = (name) => {
    if (loaded.has(name)) return loaded.get(name).exports
    const file = path.join(dist, name)
    const code = fs.readFileSync(file, 'utf8')
    // Its length tells one build from another well enough: V8 compares it too.
    const kept = path.join(folder, `${name}-${process.version}-${process.arch}-${code.length}-${Math.trunc(fs.statSync(file).mtimeMs)}`)
    const cachedData = read(kept)
    const script = new vm.Script(`(function(exports,require,module){${code}\n})`, { filename: file, cachedData })
    const made = new Module(file, module)
    made.filename = file
    made.paths = Module._nodeModulePaths(dist)
    // Other pieces find the same one by `require`.
    Module._cache[file] = made
    loaded.set(name, made)
    if (cachedData === undefined || script.cachedDataRejected) process.once('exit', () => write(kept, script))
    script.runInThisContext()(made.exports, (id) => (id === './main.cjs' || id === './run.cjs' ? load(id.slice(2)) : made.require(id)), made)
    return made.exports
  }
  return load('main.cjs')
}

function cacheFolder() {
  const { env, platform } = process
  const base = env.XDG_CACHE_HOME || (platform === 'win32' ? env.LOCALAPPDATA : env.HOME && path.join(env.HOME, '.cache'))
  return base ? path.join(base, 'orkit', 'code') : ''
}

/**
 * V8 believes what it is given: a damaged cache would crash it, or worse. So it is kept twice and both must agree; comparing them costs a tenth of a
 * millisecond, a checksum in JavaScript several.
 */
function read(file) {
  try {
    const both = fs.readFileSync(file)
    const one = both.subarray(0, both.length >> 1)
    return both.length > 0 && one.equals(both.subarray(one.length)) ? one : undefined
  } catch {
    return undefined
  }
}

/** As a whole or not at all: two first commands may end at the same time. */
function write(file, script) {
  if (!path.isAbsolute(file)) return
  const part = `${file}.${process.pid}`
  const folder = path.dirname(file)
  // Of this Node, for another build of the same file.
  const older = path.basename(file).split('-').slice(0, 3).join('-')
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of fs.readdirSync(folder)) if (name.startsWith(`${older}-`)) fs.rmSync(path.join(folder, name), { force: true })
    const data = script.createCachedData()
    fs.writeFileSync(part, Buffer.concat([data, data]), { mode: 0o600 })
    fs.renameSync(part, file)
  } catch {
    // A cache that cannot be kept is none.
  }
}
