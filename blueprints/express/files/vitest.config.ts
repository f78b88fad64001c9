import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    coverage: {
      include: ['src/**/*.ts'],
      exclude: ['src/main.ts', 'src/server.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 80 },
    },
  },
});
