import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { always } from '../middleware/headers.ts';
import { newId } from './ids.ts';
import { Problem, problemContent, problemType } from './problem.ts';

const statuses: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
  HPE_INVALID_METHOD: 501,
};

/** Answers what could not be read as a request, or came too slowly, and ends the connection. */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statuses[error.code ?? ''] ?? 400;
  const id = newId();
  const content = problemContent(new Problem(status), id);
  const headers = {
    ...always,
    Connection: 'close',
    'Content-Length': Buffer.byteLength(content),
    'Content-Type': problemType,
    Date: new Date().toUTCString(),
    'X-Request-Id': id,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${content}`);
}
