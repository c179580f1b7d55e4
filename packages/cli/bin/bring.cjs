'use strict'

/** `import()` for the packs: code that comes out of V8's cache has lost what it needs to do that itself. */
module.exports = (name) => import(name)
