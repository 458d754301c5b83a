import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { weirCommand } from '../cli/weir.ts';

/** What a tool says, as JSON. */
export interface ToolSaid {
  readonly text: string;
  readonly isError: boolean;
  /** Of an answer that is no error. */
  readonly answer: Readonly<Record<string, unknown>> & {
    readonly rows: readonly Readonly<Record<string, unknown>>[];
    readonly command: string;
  };
}

/** An assistant's connection to `weir mcp`, by a client of the protocol that is not Weir's. */
export class AssistantSession implements AsyncDisposable {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  stderr = '';

  private constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.transport = transport;
    transport.stderr?.on('data', (text) => {
      this.stderr += text;
    });
  }

  /** @param args of `weir mcp` */
  static async start(...args: readonly string[]): Promise<AssistantSession> {
    const [command, ...words] = weirCommand('mcp', ...args);
    const transport = new StdioClientTransport({
      command: command!,
      args: words,
      stderr: 'pipe',
      env: Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    });
    const session = new AssistantSession(new Client({ name: 'test', version: '1.0.0' }), transport);
    await session.client.connect(transport);
    return session;
  }

  async ask(name: string, given: Record<string, unknown> = {}, signal?: AbortSignal): Promise<ToolSaid> {
    const options = { timeout: 120_000, ...(signal === undefined ? {} : { signal }) };
    const { content, isError = false } = await this.client.callTool({ name, arguments: given }, options);
    const [part] = content;
    if (part?.type !== 'text' || content.length !== 1) throw new Error(`${name}: expected one text`);
    return { text: part.text, isError, answer: isError ? undefined! : JSON.parse(part.text) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}
