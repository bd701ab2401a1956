const style = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; }
code { font: 0.95em ui-monospace, monospace; }
li { margin: 0.35rem 0; }
`;

/** What a browser sees at `/` when the dashboard was not built. */
export const startPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chiffon runs</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Chiffon runs</h1>
<p>The dashboard was not built here (<code>npm run build -w web</code>). Use the command line on this machine, or the API.</p>
<ul>
<li><code>chiffon ask "Deploy the status page"</code> makes a plan of what you write</li>
<li><code>chiffon plan show PLAN</code> shows exactly what would run, <code>chiffon plan approve PLAN</code> lets it run</li>
<li><code>chiffon run watch RUN</code> follows a run</li>
<li><code>chiffon audit verify</code> proves that the records are whole</li>
</ul>
<p>In a checkout the command is <code>./chiffon</code>.</p>
<p>API: <code>/api/v1</code>, described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>;
<a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>.</p>
</main>
</body>
</html>
`;
