import { useState } from 'preact/hooks';
import { askResponse, useAnswer } from '../answer/index.ts';
import { type FlowSearch, logqlPath, searchCommand } from './flow-search.ts';

/** The same search for a terminal, and for Loki. */
export function SameSearch({ search, isFollowing }: { search: FlowSearch; isFollowing: boolean }) {
  const logql = useAnswer(search.where, async (signal) =>
    (await (await askResponse(logqlPath(search), { signal })).text()).trim(),
  );
  return (
    <details class="same-search">
      <summary>The same search elsewhere</summary>
      <dl>
        <dt>In a terminal</dt>
        <dd>
          <Copied text={searchCommand(search, isFollowing)} />
        </dd>
        <dt>In Loki, for flows that are logged with default options</dt>
        <dd>
          {logql.fault !== undefined ? (
            <span class="soft">{logql.fault}</span>
          ) : (
            <Copied text={logql.answer ?? ''} />
          )}
        </dd>
      </dl>
    </details>
  );
}

/** A text, and a button that copies it where the browser allows that. */
function Copied({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copyText = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <>
      <code>{text}</code>{' '}
      {'clipboard' in navigator && (
        <button type="button" class="small-button" onClick={copyText}>
          {isCopied ? 'copied' : 'copy'}
        </button>
      )}
    </>
  );
}
