package import Carillon

extension PostgresStore {
  /// The server and database of a connection string, without a password; nothing is connected.
  /// Throws when the string can't be understood.
  package static func location(of url: String) throws(StoreError) -> String {
    do throws(PostgresError) {
      let configuration = try PostgresConfiguration(url)
      _ = try configuration.listening()
      return configuration.location
    } catch {
      throw .unreachable(store: error.location, why: error.message)
    }
  }
}
