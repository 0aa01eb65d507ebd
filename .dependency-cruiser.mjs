/**
 * The arrows of the architecture: who may import whom. ARCHITECTURE.md draws them; this file holds them.
 * A path in `to` is the resolved one, so a package shows up as `node_modules/<name>/...`.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Also not by types: a cycle means that two files are one idea, or that a third one is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-is-alone',
      comment: 'The rules of the durable core know nothing of the rest.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^(src|testing)/', pathNot: '^src/core/' },
    },
    {
      name: 'core-and-workflow-are-pure',
      comment: 'No I/O, no node: module: core/ is passed its time, workflow/ runs in the sandbox.',
      severity: 'error',
      from: { path: '^src/(core|workflow)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-uses-vocabulary-only',
      comment: 'Of the official packages the core may use messages and types, not the machinery.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: {
        path: '^node_modules/',
        pathNot: '^node_modules/(@temporalio/(proto|common)|long)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'runtime-uses-core',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: '^(src|testing)/', pathNot: '^src/(core/|runtime/|official(-isolate)?\\.ts$)' },
    },
    {
      name: 'host-is-independent',
      comment: 'The workflow host serves every engine, so it may not know one.',
      severity: 'error',
      from: { path: '^src/host/' },
      to: { path: '^(src|testing)/', pathNot: '^src/(core/|host/|official(-isolate|-thread)?\\.ts$)' },
    },
    {
      name: 'engine-contract-is-alone',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^(src|testing)/', pathNot: '^src/(engine/|official(-isolate)?\\.ts$)' },
    },
    {
      name: 'codec-is-alone',
      severity: 'error',
      from: { path: '^src/codec/' },
      to: { path: '^(src|testing)/', pathNot: '^src/(codec|engine)/' },
    },
    {
      name: 'engines-do-not-know-each-other',
      comment: '`local` is no engine: it is what those have in common whose durable core is ours.',
      severity: 'error',
      from: { path: '^src/engines/([^/]+)/' },
      to: { path: '^src/engines/', pathNot: '^src/engines/($1|local)/' },
    },
    {
      name: 'engines-stand-on-the-foundation',
      severity: 'error',
      from: { path: '^src/engines/' },
      to: { path: '^src/', pathNot: '^src/(engines?|codec|core|runtime|host)/|^src/official(-isolate)?\\.ts$' },
    },
    {
      name: 'temporal-engine-needs-no-durable-core',
      severity: 'error',
      from: { path: '^src/engines/temporal/' },
      to: { path: '^src/(core|runtime)/' },
    },
    {
      name: 'workflow-is-sandbox-safe',
      severity: 'error',
      from: { path: '^src/workflow/' },
      to: { path: '^(src|testing)/', pathNot: '^src/workflow/' },
    },
    {
      name: 'above-the-contract-no-engine',
      comment: 'These receive an Engine or the configuration of one; they never import one, nor what it is made of.',
      severity: 'error',
      from: {
        path: '^src/(adapters|agent|client|worker|http|cli|data|replay|monitoring|graph|coordination|checkpoint|dashboard)/',
      },
      to: { path: '^src/(engines/[^/]+|core|runtime|host)/' },
    },
    {
      name: 'configuration-opens-engines',
      comment:
        'The opener knows all engines, and loads the one that is asked for. Who stands above gets engines from there only.',
      severity: 'error',
      from: { path: '^src/engines/[^/]+[.]ts$' },
      to: {
        path: '^src/engines/[^/]+/',
        pathNot: '^src/engines/[^/]+/(index|options|settings|config|environment)[.]ts$',
      },
    },
    {
      name: 'engines-load-lazily',
      comment: 'An application on Temporal must not load SQLite, nor the other way round.',
      severity: 'error',
      from: { path: '^src/engines/[^/]+[.]ts$' },
      to: { path: '^src/engines/[^/]+/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'agents-do-not-know-their-users',
      comment:
        'workflow <- agent <- worker, workflow <- client: clients and workers know agents, never the other way round.',
      severity: 'error',
      from: { path: '^src/agent/' },
      to: { path: '^src/(client|worker|cli|index[.]ts)' },
    },
    {
      name: 'adapters-are-calls-of-the-client',
      comment: 'They are written once, for all engines, and run nothing.',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/', pathNot: '^src/(adapters|client|engine|engines|workflow/protocol)/' },
    },
    {
      name: 'adapters-are-on-top',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(adapters|http|cli)/' },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'client-and-worker-are-apart',
      comment: 'A web process that only asks must not load what runs agents.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/(worker|cli)/' },
    },
    {
      name: 'worker-asks-nobody',
      severity: 'error',
      from: { path: '^src/worker/' },
      to: { path: '^src/(client|cli)/' },
    },
    {
      name: 'replay-asks-nobody',
      comment: 'It is given histories, whoever has read them.',
      severity: 'error',
      from: { path: '^src/replay/' },
      to: { path: '^src/', pathNot: '^src/(replay|agent|engine|worker|workflow/protocol)/|^src/official' },
    },
    {
      name: 'data-serves-agents',
      comment: 'Workflow data is a source of tools: it knows what a tool is, and the errors of configuration.',
      severity: 'error',
      from: { path: '^src/data/' },
      to: { path: '^src/', pathNot: '^src/(data|agent|engine|workflow/protocol)/' },
    },
    {
      name: 'data-loads-databases-lazily',
      comment: 'The packages are optional, and who only imports `perdure/data` loads none of them.',
      severity: 'error',
      from: { path: '^src/data/[^/]+[.]ts$' },
      to: {
        path: '^(src/data/(store|database|migrations)/|node_modules/(pg|kysely)/)',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'src-ships-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(testing|test|bench|examples|scripts)/' },
    },
    {
      name: 'testing-ships-alone',
      severity: 'error',
      from: { path: '^testing/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
    {
      name: 'shipped-code-uses-shipped-packages',
      severity: 'error',
      from: { path: '^(src|testing)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'npm', 'type-only'] },
    },
    {
      name: 'telemetry-only-in-observability',
      comment: 'Workers, clients and agents know an interface (agent/telemetry.ts).',
      severity: 'error',
      from: { pathNot: '^(src/observability/|test/|bench/|examples/)' },
      to: { path: '^node_modules/(pino|@opentelemetry)/' },
    },
    {
      name: 'observability-asks-nobody',
      severity: 'error',
      from: { path: '^src/observability/' },
      to: { path: '^src/', pathNot: '^src/(observability|agent|codec|engine|workflow/protocol)/' },
    },
    {
      name: 'redis-only-in-bullmq',
      severity: 'error',
      from: { pathNot: '^(src/engines/bullmq/|test/|bench/|scripts/services/)' },
      to: { path: '^node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'http-stands-on-the-client',
      comment: 'It is given a client, agents and data; whoever serves it opens them.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/', pathNot: '^src/(http|client|agent|engine|data|workflow/protocol)/' },
    },
    {
      name: 'http-packages-only-in-http',
      severity: 'error',
      from: { pathNot: '^(src/http/|test/)' },
      to: { path: '^node_modules/(hono|@hono/[^/]+|jose|rate-limiter-flexible)/' },
    },
    {
      name: 'sql-only-in-data',
      severity: 'error',
      from: { pathNot: '^(src/(data|graph)/|test/|bench/|scripts/services/)' },
      to: { path: '^node_modules/(pg|kysely|@electric-sql/pglite)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
