import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Response } from 'supertest';
import { readDescription } from '../../src/lib/openapi.ts';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const paths = readDescription().paths as Record<string, Record<string, Operation>>;
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
const validators = new Map<object, ValidateFunction>();

/** Throws when openapi.yaml does not describe an answer. Refusals of paths and methods need no description. */
export function checkDescribed(method: string, path: string, response: Response): void {
  const route = Object.keys(paths).find((name) =>
    new RegExp(`^${name.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
  );
  const operation = paths[route ?? '']?.[method];
  if (!operation) {
    if (![404, 405, 429].includes(response.status)) {
      throw new Error(`openapi.yaml has no ${method} ${path}, which answers ${response.status}`);
    }
    return;
  }
  const described = operation.responses[String(response.status)];
  if (!described) {
    throw new Error(`openapi.yaml has no ${response.status} of ${method} ${path}`);
  }
  const schema = described.content?.[response.type]?.schema;
  if (schema && method !== 'head') {
    checkContent(schema, response);
  } else if (response.text) {
    throw new Error(`openapi.yaml has no content ${response.type} of ${response.status} of ${method} ${path}`);
  }
}

function checkContent(schema: object, response: Response): void {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  if (!validate(JSON.parse(response.text))) {
    throw new Error(`${ajv.errorsText(validate.errors)}: ${response.text}`);
  }
}
