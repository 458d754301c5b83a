/**
 * HTTP of Node. An `import` of node:http reads each of its exports, and some belong to the client behind
 * `fetch`, which nobody here uses. Without that client an agent takes 2 MB less. Types may be imported.
 */
export const { Agent, createServer, request, STATUS_CODES } = process.getBuiltinModule('node:http');
