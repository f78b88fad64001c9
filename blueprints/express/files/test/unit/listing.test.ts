import { describe, expect, it } from 'vitest';
import * as field from '../../src/lib/fields.ts';
import { ListQuery, type ListRules } from '../../src/lib/listing.ts';
import { Problem } from '../../src/lib/problem.ts';

const rules: ListRules = {
  filters: { color: field.choice(['red', 'blue']) },
  sorts: { created_at: field.datetime(), name: field.text({ max: 10 }), number: field.integer() },
  searched: ['name'],
};

function refused(query: string): (string | undefined)[] {
  try {
    new ListQuery(query, rules);
  } catch (error) {
    return error instanceof Problem ? error.errors.map((violation) => violation.parameter) : [];
  }
  return [];
}

describe('the query of a list', () => {
  it('has defaults', () => {
    expect(new ListQuery('', rules).request).toMatchObject({
      sort: 'created_at',
      descending: true,
      limit: 20,
      equal: [],
    });
  });

  it('is read', () => {
    expect(new ListQuery('limit=1000&sort=name&q=a+b&color=red', rules).request).toMatchObject({
      sort: 'name',
      descending: false,
      limit: 100,
      search: 'a b',
      equal: [['color', 'red']],
    });
  });

  it.each([
    ['limit=', ['limit']],
    ['limit=1.5', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['sort=password', ['sort']],
    ['color=green', ['color']],
    ['color[$ne]=x', ['color[$ne]']],
    ['q=%00', ['q']],
    ['q=%ff', ['q']],
    ['cursor=YWJj', ['cursor']],
    ['limit=x&sort=y&z=1', ['limit', 'sort', 'z']],
  ])('refuses %s', (query, parameters) => {
    expect(refused(query).sort()).toEqual(parameters);
  });
});

describe('a cursor', () => {
  const position = { value: 'Zoë', id: '019b76da-a800-7000-8000-00000000000a' };
  const { cursor, query } = new ListQuery('color=red&sort=name&limit=5', rules).next(position);

  it.each([position, { ...position, value: null }])('leads to the next page after $value', (after) => {
    const next = new ListQuery('color=red&sort=name', rules).next(after);
    expect(new ListQuery(next.query, rules).request.after).toEqual(after);
  });

  it('belongs to its query', () => {
    expect(new ListQuery(query, rules).request.after).toEqual(position);
    for (const other of ['sort=name', 'color=blue&sort=name', 'color=red', 'color=red&sort=-name']) {
      expect(refused(`${other}&cursor=${cursor}`)).toEqual(['cursor']);
    }
    expect(refused(`color=red&sort=name&cursor=${cursor}=`)).toEqual(['cursor']);
  });

  it('has a value that the field takes', () => {
    const wrong = new ListQuery('sort=number', rules).next({ value: 'x', id: position.id });
    expect(refused(wrong.query)).toEqual(['cursor']);
  });
});
