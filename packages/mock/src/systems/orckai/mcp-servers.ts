import { defineResource } from '../../kernel/definition.js'

export const mcpServers = defineResource({
  collections: {
    mcpServers: {
      label: 'MCP server',
      // Connections may hold secrets: they are kept and never sent back.
      create: ({ config, ...input }) => ({ description: null, type: 'database', ...input, status: 'draft', toolCount: 0, _config: config ?? {}, _tools: [] }),
      update: ({ config, ...input }) => ({ ...input, ...(config !== undefined && { _config: config }) }),
      stamps: { created: 'createdAt', updated: 'updatedAt' },
      present: (row) => ({ ...row, toolCount: (row['_tools'] ?? []).length }),
    },
  },
  behaviours: {
    'mcpServers.tools.list': (c) => c.page(c.store('mcpServers').need(c.path['id']!)['_tools'] ?? []),
  },
})
