/** The shape of what is still being read. */
export function Bones() {
  return (
    <div className="bones" role="status" aria-label="Reading your sessions">
      <div className="bone bone-day" />
      <ul className="cards" aria-hidden="true">
        {Array.from({ length: 8 }, (_, i) => (
          <li key={i} className="card">
            <div className="film">
              <div className="poster bone" />
              <div className="strip bone" />
            </div>
            <div className="bone bone-title" />
            <div className="bone bone-meta" />
          </li>
        ))}
      </ul>
    </div>
  );
}
