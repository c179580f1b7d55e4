// Declarations of a package with one entry are the same for both module systems, and TypeScript wants a file for each: copying costs nothing, making them
// twice costs ten seconds. Run in the package's folder after its build.
import { copyFileSync, existsSync } from 'node:fs'

if (existsSync('dist/index.d.ts')) copyFileSync('dist/index.d.ts', 'dist/index.d.cts')
