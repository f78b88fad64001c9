import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';

/** The span that a caller is in, as the header traceparent tells it. */
export interface TraceParent {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** Reads traceparent (W3C Trace Context). Returns undefined for one that is missing or not valid. */
export function parseTraceParent(header: string | undefined): TraceParent | undefined {
  const parts = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header ?? '');
  const [, version, traceId = '', spanId = '', flags = '', rest] = parts ?? [];
  if (
    !parts ||
    version === 'ff' ||
    (version === '00' && rest !== undefined) ||
    /^0+$/.test(traceId) ||
    /^0+$/.test(spanId)
  ) {
    return undefined;
  }
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

/** Makes a span of every request. */
export interface Tracing {
  begin(method: string, parent: TraceParent | undefined): RequestSpan;
  /** Sends the spans that are left. */
  stop(): Promise<void>;
}

/** The span of one request. */
export interface RequestSpan {
  traceId: string;
  end(route: string, status: number): void;
}

/** Sends spans where the OTEL_* variables say. OpenTelemetry is loaded only here: without traces it costs nothing. */
export async function startTracing(name: string, version: string): Promise<Tracing> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources');
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace');
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': name, 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer(name, version);
  return {
    begin: (method, parent) => beginSpan(tracer, method, parent),
    stop: () => provider.shutdown(),
  };
}

function beginSpan(tracer: Tracer, method: string, parent: TraceParent | undefined): RequestSpan {
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
  const attributes = { 'http.request.method': method };
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, context);
  return { traceId: span.spanContext().traceId, end: (route, status) => endSpan(span, method, route, status) };
}

function endSpan(span: Span, method: string, route: string, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (route !== '') {
    span.updateName(`${method} ${route}`).setAttribute('http.route', route);
  }
  if (status >= 500) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
