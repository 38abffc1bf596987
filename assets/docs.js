// Shows the OpenAPI document of this server in Swagger UI.
'use strict';

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

async function show() {
  const answer = await fetch('openapi.json');
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const spec = await answer.json();
  // The document names the server by its public address. Operations are tried where this page came from.
  spec.servers = [{ url: new URL('.', location.href).href.replace(/\/$/, '') }];
  SwaggerUIBundle({
    spec,
    dom_id: '#docs',
    deepLinking: true,
    // With all of them open, Swagger UI keeps only those in sight, and a browser finds no others.
    docExpansion: 'none',
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
}

show().catch(() => {
  document.querySelector('#docs [role=status]').textContent =
    'The documentation could not be loaded. Reload the page to try again.';
});
