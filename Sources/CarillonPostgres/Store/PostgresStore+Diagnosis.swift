public import Carillon
import Foundation

extension PostgresStore {
  public func diagnose() async throws(StoreError) -> [Finding] { [] }
}
