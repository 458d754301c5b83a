import { HttpError, type Routes, sendJson } from '../../http/index.ts';
import type { Log, LogLevel } from '../../runtime/index.ts';
import { logLevels } from '../../runtime/index.ts';

/** GET /loglevel, and PUT /loglevel?level=debug, which lasts until the process ends. */
export const logLevelRoutes = (log: Log): Routes => ({
  '/loglevel': ({ response }) => sendJson(response, { level: log.level }),
  'PUT /loglevel': ({ url, response }) => {
    const level = levelIn(url.searchParams);
    if (level !== log.level) log.info('api', `the log level was ${log.level} and is ${level} now`);
    log.level = level;
    sendJson(response, { level });
  },
});

function levelIn(query: URLSearchParams): LogLevel {
  const found = query.get('level');
  const level = logLevels.find((known) => known === found?.toLowerCase());
  if (level !== undefined) return level;
  throw new HttpError(400, `level: expected one of ${logLevels.join(', ')}, found "${found ?? ''}"`);
}
