import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { Problem } from './problem.ts';

/** The media types of content. */
export const jsonType = 'application/json';
export const patchType = 'application/merge-patch+json';

/** An object as a client has sent it. */
export type JsonObject = Record<string, unknown>;

/**
 * Reads the content of a request, which has to be exactly one JSON object, in UTF-8, of one of the media types, in at
 * most limit bytes.
 */
export async function readObject(req: Request, limit: number, mediaTypes: string[]): Promise<JsonObject> {
  if (!hasMediaType(req, mediaTypes)) {
    throw new Problem(415, `Send ${mediaTypes.join(' or ')}.`);
  }
  if (Number(req.get('Content-Length') ?? 0) > limit) {
    throw tooLong();
  }
  return parseObject(await readContent(req, limit));
}

const tooLong = () => new Problem(413, 'The content is too long.');

function hasMediaType(req: Request, mediaTypes: string[]): boolean {
  const [mediaType = '', ...parameters] = (req.get('Content-Type') ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const encoding = req.get('Content-Encoding') ?? 'identity';
  return (
    mediaTypes.includes(mediaType) &&
    (charset === undefined || /^charset="?utf-8"?$/.test(charset)) &&
    encoding.toLowerCase() === 'identity'
  );
}

function readContent(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        chunks.length = 0;
        reject(tooLong());
      } else {
        chunks.push(chunk);
      }
    });
    req.on('end', () => resolve(Buffer.concat(chunks)));
    req.on('error', () => reject(new Problem(400, 'The content could not be read.')));
    req.on('close', () => reject(new Problem(400, 'The content is not complete.')));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads exactly one JSON object in UTF-8. Throws a problem for anything else. */
export function parseObject(content: Buffer): JsonObject {
  let text: string;
  try {
    text = decoder.decode(content);
  } catch {
    throw new Problem(400, 'The content is not valid UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(400, 'The content is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(400, 'The content must be a JSON object.');
  }
  return value as JsonObject;
}
