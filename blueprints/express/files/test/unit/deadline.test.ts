import { describe, expect, it } from 'vitest';
import { Deadline, TimeoutError } from '../../src/db/deadline.ts';

describe('a deadline', () => {
  it('lets through what is in time', async () => {
    await expect(new Deadline(1000).bound(Promise.resolve(1))).resolves.toBe(1);
    await expect(new Deadline(1000).bound(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('ends what takes too long, and gives away what comes late', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const late: string[] = [];
    await expect(new Deadline(1).bound(promise, (value) => late.push(value))).rejects.toThrow(TimeoutError);
    resolve('late');
    await promise;
    await Promise.resolve();
    expect(late).toEqual(['late']);
  });
});
