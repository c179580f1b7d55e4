// Follows the choice of the system, also when it changes.
const dark = matchMedia('(prefers-color-scheme: dark)')
const dress = () => document.documentElement.classList.toggle('dark', dark.matches)
dark.addEventListener('change', dress)
dress()
const holder = document.getElementById('docs')
window.Redoc.init(holder.dataset.document, { hideHostname: true, nativeScrollbars: true, scrollYOffset: 0, theme: { typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' } } } }, holder)
