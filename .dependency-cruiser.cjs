// The arrows of the house: spec <- sdk <- cli, spec <- mock <- cli. See docs/decisions.
const no = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    no('no-circular', 'A cycle has no direction.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    no('sdk-below-all', 'The SDK imports neither the server nor the CLI.', { path: '^packages/sdk/src' }, { path: '^packages/(mock|cli)/' }),
    no('mock-not-cli', 'The server does not know the CLI.', { path: '^packages/mock/src' }, { path: '^packages/cli/' }),
    no('mock-takes-only-signing', 'Of the SDK the server uses the webhook signing and nothing else.', { path: '^packages/mock/src', pathNot: '\\.test\\.ts$' }, { path: '^packages/sdk/src', pathNot: '^packages/sdk/src/webhooks/' }),
    no('core-knows-no-system', 'What differs between systems is data or lives in the system\'s folder.', { path: '^packages/sdk/src/(core|batch|webhooks|node)/', pathNot: '\\.test\\.ts$' }, { path: '^packages/sdk/src/systems/' }),
    no('systems-apart', 'A system knows no other system.', { path: '^packages/(sdk|mock)/src/systems/([^/]+)/' }, { path: '^packages/(sdk|mock)/src/systems/([^/]+)/', pathNot: '^packages/$1/src/systems/$2/' }),
    no('kernel-knows-no-host', 'Kernel, world and gates run anywhere.', { path: '^packages/mock/src/(kernel|world|gates)/', pathNot: '\\.test\\.ts$' }, { path: '^packages/mock/src/(hosts|systems)/' }),
    no('kernel-without-node', 'Kernel, world and gates run anywhere.', { path: '^packages/mock/src/(kernel|world|gates)/', pathNot: '\\.test\\.ts$' }, { dependencyTypes: ['core'] }),
    no('portable-sdk', 'Node built-ins only in the node entry.', { path: '^packages/sdk/src/', pathNot: '^packages/sdk/src/(node|batch)/|\\.test\\.ts$|/test/' }, { dependencyTypes: ['core'] }),
    no('app-knows-no-command', 'The app runs commands, it does not know them.', { path: '^packages/cli/src/app/', pathNot: '\\.test\\.ts$' }, { path: '^packages/cli/src/commands/' }),
    no('generator-is-private', 'Nothing at run time imports the generator.', { path: '^packages/' }, { path: '^spec/generate/' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/|\\.gen\\.json$' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
